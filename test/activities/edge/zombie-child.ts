/**
 * Child of the zombie test: a rollback's write to a real edge. When it has read the config it says so and waits; the parent stops it
 * there (SIGSTOP) and lets it go on (SIGCONT, then a line on stdin) when another switch has begun. Prints how it ended.
 */
import { ActivityNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Activities } from '../../../src/activities/api.ts';
import { mapped } from '../../../src/activities/attempt.ts';
import { edgeActivities } from '../../../src/activities/edge.ts';
import type { World } from '../../../src/activities/world.ts';
import type { ProviderScope } from '../../../src/ports/index.ts';
import { provider } from '../../../src/providers/cloudflare/index.ts';
import { clientThat, TARGETS } from './scripted-store.ts';

const [admin = '', token = '', server = ''] = process.argv.slice(2);
const scope: ProviderScope = { ...TARGETS, env: { CUTOVER_ADMIN_TOKEN: token } };
const ref = { use: 'cloudflare', admin };
const port = provider.store?.(ref, scope, {});
if (port === undefined) throw new Error('cloudflare has no store');
const router = provider.router?.(ref, scope, {});

let isFirst = true;
const goOn = new Promise<void>((resolve) => process.stdin.once('data', () => resolve()));
const store = {
  ...port,
  read: async () => {
    const read = await port.read();
    if (!isFirst) return read;
    isFirst = false;
    console.log('read');
    await goOn;
    return read;
  },
};
const world = {
  now: Date.now,
  realTime: true,
  port: async (name: string) => ({ store, router, traffic: null })[name],
} as unknown as World;

/** The server's answer to a heartbeat: it has given the attempt up, or has not noticed anything yet. */
const client = clientThat(() => {
  if (server === 'gave-up') throw new ActivityNotFoundError('no such attempt');
});

const activities = mapped(edgeActivities(world) as Activities);
const env = new MockActivityEnvironment(
  { heartbeatTimeoutMs: 600, currentAttemptScheduledTimestampMs: Date.now() },
  { client },
);
const patch = { weightPercent: 0, producer: 'blue' as const };
try {
  const input = { targets: TARGETS, step: 'rollback', patch, force: true };
  await env.run((given: typeof input) => activities.restoreTraffic(given), input);
  console.log('written');
} catch (cause) {
  console.log(cause instanceof ApplicationFailure ? cause.type : String(cause));
}
process.exit(0);
