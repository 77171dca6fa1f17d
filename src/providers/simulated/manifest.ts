/** What provider `simulated` says of itself: the made-up service of `cutover rehearse`. */
import { z } from 'zod';
import type { TrafficCapabilities } from '../../domain/traffic.ts';
import { defineManifest, type PortManifest } from '../../ports/manifest.ts';
import { optional, required } from '../../ports/option.ts';
import { type Fault, FAULT_NAMES } from './faults.ts';

const text = z.string();

const identity = z.strictObject({
  INDEX_HASH: required(text, 'Hash of the index.'),
  metric: required(text, 'Distance metric.'),
  analyzer: required(text, 'Text analyzer.'),
  embedModel: required(text, 'Embedding model.'),
  reranker: required(text, 'Reranker.'),
});

/** The first reference of a world that is opened makes it. */
const options = z.strictObject({
  world: optional(z.string().min(1), 'Name of the world in this process. Left out: the service.'),
  seed: optional(z.int(), 'Seed of everything that is random in it.'),
  faults: optional(z.array(z.enum(FAULT_NAMES as readonly [Fault, ...Fault[]])), 'What is wrong in it.', [
    'slow-tail',
  ]),
  requestsPerSecond: optional(z.number().positive().max(1000), 'Users’ requests in a second.'),
  jobsPerSecond: optional(z.number().nonnegative().max(100), 'Jobs in a second.'),
  releases: optional(
    z.strictObject({ blue: required(text, 'Of blue.'), green: required(text, 'Of green.') }),
    'Releases that the health contracts name.',
  ),
  identities: optional(
    z.strictObject({ blue: required(identity, 'Of blue.'), green: required(identity, 'Of green.') }),
    'Index identities that the health contracts name.',
  ),
});

const telemetryOptions = options.extend({
  counts: optional(
    z.literal('requests'),
    'It counts requests and knows no users. Left out: it reads their lines.',
  ),
});

const percent = z.number().gt(0).max(100);

/** What the made-up vendor's own weight is like. */
const trafficOptions = z.strictObject({
  world: optional(z.string().min(1), 'Name of the world in this process. Left out: the service.'),
  sticky: optional(z.boolean(), 'Users stay on their color. Left out: each request is dealt anew.'),
  canLower: optional(z.boolean(), 'The weight can be lowered. Left out: it can.'),
  lagMs: optional(
    z.number().nonnegative(),
    'A weight is acted on, and read back, this long after it was set, ms. Left out: at once.',
  ),
  volatile: optional(z.boolean(), 'Forgets its weight when it starts anew. Left out: it does not.'),
  granularityPercent: optional(percent, 'Smallest step, percent. Left out: 1.'),
  maxPercent: optional(percent, 'Largest weight, percent. Left out: 100.'),
  stages: optional(z.array(percent).min(1), 'Only these weights can be set, percent. Left out: any.'),
  memory: optional(
    z.enum(['tagged', 'named', 'none']),
    '`tagged` keeps who set the weight and refuses an older generation, `named` keeps who, `none` keeps nothing. Left out: `tagged`.',
  ),
});

export type SimulatedTrafficOptions = z.input<typeof trafficOptions>;

function trafficCapabilities(options: SimulatedTrafficOptions): TrafficCapabilities {
  return {
    granularityPercent: options.granularityPercent ?? 1,
    maxPercent: options.maxPercent ?? 100,
    canLower: options.canLower ?? true,
    stages: options.stages ?? null,
    isSticky: options.sticky ?? false,
    isVolatile: options.volatile ?? false,
    propagation: { maxMs: options.lagMs ?? 0 },
  };
}

const port = {
  does: 'the world of `cutover rehearse`',
  testedAgainst: 'the same conformance suites',
  options,
} as const satisfies PortManifest;

export const manifest = defineManifest({
  name: 'simulated',
  about: 'A made-up service for `cutover rehearse` and for tests; nothing real is touched.',
  ports: {
    edge: port,
    traffic: { ...port, options: trafficOptions, capabilities: trafficCapabilities },
    queue: port,
    // Its users have no cache that a suite could ask.
    cache: { ...port, testedAgainst: 'rehearsals' },
    warmup: port,
    color: port,
    telemetry: { ...port, options: telemetryOptions },
  },
});
