/** Gates on facts about operations: egress, dedupe, queue age, stickiness. */
import type { CounterWindow, LookInput, QueueWindow } from '../../../src/domain/look-input.ts';
import { check } from './cases.ts';
import { look, midway, stale } from './kit.ts';

const counters = (
  gate: 'egress' | 'dedupe' | 'queue-age',
  from: Partial<CounterWindow>,
  to: Partial<CounterWindow>,
) => {
  const input = look(gate);
  return {
    ...input,
    counters: input.counters.map((one) => ({ ...one, ...(one.color === 'blue' ? from : to) })),
  };
};

check('egress', [
  { name: 'calls that succeed pass', input: () => look('egress'), expect: 'pass ok' },
  {
    name: 'one failure in a hundred passes',
    input: () => counters('egress', {}, { egressFailures: 4 }),
    expect: 'pass ok',
  },
  {
    name: 'a missing permission fails at once',
    input: () => midway(counters('egress', {}, { egressCalls: 3, egressFailures: 3 })),
    expect: 'fail egress_success_low',
  },
  {
    name: 'ten percent failures fail',
    input: () => counters('egress', {}, { egressFailures: 40 }),
    expect: 'fail egress_success_low',
  },
  {
    name: 'two percent of few calls are not decided',
    input: () => counters('egress', {}, { egressCalls: 50, egressFailures: 1 }),
    expect: 'inconclusive underpowered,egress_uncertain',
  },
  {
    name: 'no calls are said',
    input: () => counters('egress', {}, { egressCalls: 0 }),
    expect: 'pass no_calls',
  },
  {
    name: 'a partner that is down for both is not `to`’s fault',
    input: () => counters('egress', { egressFailures: 300 }, { egressFailures: 300 }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'no report is no data',
    input: () => look('egress', { counters: [] }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'a color that does not report is one-sided',
    input: () => look('egress', { counters: look('egress').counters.slice(0, 1) }),
    expect: 'inconclusive one_sided',
  },
]);

const queues = (
  gate: 'dedupe' | 'queue-age',
  from: Partial<QueueWindow>,
  to: Partial<QueueWindow>,
  change: Partial<LookInput> = {},
) => {
  const input = look(gate, change);
  return { ...input, queues: input.queues.map((one) => ({ ...one, ...(one.color === 'blue' ? from : to) })) };
};

check('dedupe', [
  { name: 'no new dead letters pass', input: () => look('dedupe'), expect: 'pass ok' },
  {
    name: 'a dead letter of `to` fails',
    input: () => midway(queues('dedupe', {}, { dead: 1 })),
    expect: 'fail dead_letters',
  },
  {
    name: 'old dead letters are nobody’s fault',
    input: () => queues('dedupe', { dead: 7, deadBefore: 7 }, {}),
    expect: 'pass ok',
  },
  {
    name: 'a dead letter more in `from`’s queue fails',
    input: () => queues('dedupe', { dead: 8, deadBefore: 7 }, {}),
    expect: 'fail dead_letters',
  },
  {
    name: 'dead letters nobody counted before are not decided',
    input: () => queues('dedupe', { dead: 7 }, {}),
    expect: 'inconclusive dead_letters_of_from',
  },
  {
    name: 'no report is no data',
    input: () => look('dedupe', { counters: [] }),
    expect: 'inconclusive no_data',
  },
]);

check('queue-age', [
  { name: 'an empty queue passes', input: () => look('queue-age'), expect: 'pass ok' },
  {
    name: 'a job at the limit passes',
    input: () => queues('queue-age', {}, { ready: 1, oldestAgeMs: 900_000 }),
    expect: 'pass ok',
  },
  {
    name: 'a job over the limit fails',
    input: () => midway(queues('queue-age', {}, { ready: 1, oldestAgeMs: 900_001 })),
    expect: 'fail queue_age',
  },
  {
    name: 'jobs as old on `from` are not `to`’s fault',
    input: () => queues('queue-age', { ready: 1, oldestAgeMs: 950_000 }, { ready: 1, oldestAgeMs: 950_000 }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'without an age, throughput proves a short wait',
    input: () => queues('queue-age', {}, { ready: 5, oldestAgeMs: null }),
    expect: 'pass ok',
  },
  {
    name: 'without an age, a long estimate is a suspect',
    input: () => queues('queue-age', {}, { ready: 500, oldestAgeMs: null }),
    expect: 'inconclusive queue_age_suspect',
  },
  {
    name: 'waiting jobs without any throughput are not decided',
    input: () => queues('queue-age', {}, { ready: 5, oldestAgeMs: null }, { counters: [] }),
    expect: 'inconclusive age_unknown',
  },
  {
    name: 'no queue is no data',
    input: () => look('queue-age', { queues: [] }),
    expect: 'inconclusive no_data',
  },
]);

const flips = (flipBacks: number) => {
  const input = look('stickiness');
  return { ...input, traffic: input.traffic === null ? null : { ...input.traffic, flipBacks } };
};

const inDoubt = (requests: number, flipBacks = 0) => {
  const input = flips(flipBacks);
  const traffic =
    input.traffic === null ? null : { ...input.traffic, inDoubt: { requests, regions: ['us'] } };
  return { ...input, traffic };
};

check('stickiness', [
  { name: 'users that stay pass', input: () => flips(0), expect: 'pass ok' },
  {
    name: 'one user that went back fails midway',
    input: () => midway(flips(1)),
    expect: 'fail users_changed_sides',
  },
  {
    name: 'a share unlike the weight warns',
    input: () => ({ ...flips(0), weightPercent: 25 }),
    expect: 'pass share_skewed',
  },
  {
    name: 'a share like the weight is fine',
    input: () => ({ ...flips(0), weightPercent: 50 }),
    expect: 'pass ok',
  },
  {
    name: 'a few requests in doubt name the edge outage and change nothing (B15)',
    input: () => inDoubt(1),
    expect: 'pass edge_in_doubt',
  },
  {
    name: 'many requests in doubt prove nothing, and are nobody’s fault (B15)',
    input: () => inDoubt(1_000_000),
    expect: 'inconclusive edge_in_doubt',
  },
  {
    name: 'an edge outage excuses no user who changed sides (B15)',
    input: () => inDoubt(1_000_000, 1),
    expect: 'fail users_changed_sides',
  },
  { name: 'stale telemetry is no pass', input: () => stale(flips(0)), expect: 'inconclusive stale' },
  {
    name: 'no telemetry is no data',
    input: () => look('stickiness', { traffic: null }),
    expect: 'inconclusive no_data',
  },
]);
