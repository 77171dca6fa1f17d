/** The table of gates, in the order in which they are asked and shown. What is made from it: `scripts/gate-facts.ts`. */
import { assertions } from './assertions.ts';
import { cache } from './cache.ts';
import { CLUSTER_BLOCKS, CLUSTER_SETTINGS } from './cluster-settings.ts';
import { coldStart } from './cold-start.ts';
import { coverage } from './coverage.ts';
import { dedupe } from './dedupe.ts';
import { deltaS } from './delta-s.ts';
import { dialogs } from './dialogs.ts';
import { egress } from './egress.ts';
import { errorNovelty } from './error-novelty.ts';
import { errorRate } from './error-rate.ts';
import type { Gate, GateSetting } from './gate.ts';
import { identity } from './identity.ts';
import { lambda } from './lambda.ts';
import { latency } from './latency.ts';
import { queueAge } from './queue-age.ts';
import { refusals } from './refusals.ts';
import { schema } from './schema.ts';
import { stickiness } from './stickiness.ts';

export const GATES: readonly Gate[] = [
  identity,
  schema,
  deltaS,
  coverage,
  lambda,
  assertions,
  refusals,
  dialogs,
  latency,
  errorRate,
  errorNovelty,
  cache,
  coldStart,
  egress,
  dedupe,
  queueAge,
  stickiness,
];

/** Thresholds of no gate alone. */
const COMMON: Readonly<Record<string, GateSetting>> = {
  minSamples: {
    kind: 'count',
    default: 59,
    stricter: 'higher',
    says: 'Requests an arm needs before a statistical gate decides.',
    why: 'the least n with which a p95 has a finite upper bound at 95 %',
  },
  ...CLUSTER_SETTINGS,
};

/** Every threshold by its path in `GateSettings`. */
export const SETTINGS: Readonly<Record<string, GateSetting>> = Object.assign(
  {},
  ...GATES.map(({ settings }) => settings ?? {}),
  COMMON,
);

/** What the thresholds of one block of the plan are about. */
export const BLOCKS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    GATES.flatMap(({ settings, block }) =>
      block === undefined ? [] : [[Object.keys(settings ?? {})[0]?.split('.')[0] ?? '', block]],
    ),
  ),
  ...CLUSTER_BLOCKS,
};
