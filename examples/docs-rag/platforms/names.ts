/** The platforms on which the sample can run: what the command line says of each, and what it checks before it loads one. */
import type { StackFault } from '../stack-types.ts';

export interface PlatformFacts {
  readonly about: string;
  /** Packages of npm that no other platform needs. */
  readonly packages: readonly string[];
  /** Faults of what it does not have. */
  readonly lacks: readonly StackFault[];
}

export type PlatformName = 'embedded' | 'self-hosted';

export const PLATFORMS: Readonly<Record<PlatformName, PlatformFacts>> = {
  embedded: {
    about: 'workerd as a CDN, SQS by fauxqs: nothing to install',
    packages: ['@aws-sdk/client-sqs', 'fauxqs', 'miniflare'],
    lacks: [],
  },
  'self-hosted': {
    about: 'cutover router behind HAProxy, Redis, NATS JetStream, PostgreSQL',
    packages: ['@nats-io/jetstream', '@nats-io/transport-node', '@redis/client', 'pg'],
    // A switch of the embedded edge's own, for demos.
    lacks: ['cache-leak'],
  },
};

export function isPlatform(name: string): name is PlatformName {
  return Object.hasOwn(PLATFORMS, name);
}
