/** Error rate beside a day of `from`: after the flip it stands for it, before it may fail a look early. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Baseline, LookInput } from '../../../src/domain/look-input.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { client, dayBefore, everySo, FAILED } from './days.ts';
import { hour, judged, traffic, USUAL, type Counted } from './kit.ts';

const SEEN_BEFORE: Baseline = {
  capturedAtMs: START_MS,
  probes: null,
  traffic: {
    fromMs: START_MS - 900_000,
    toMs: START_MS,
    freshestMs: START_MS,
    slices: [traffic('blue', { errors: { [USUAL]: 25, 'headers:http_4xx:404': 500 } })],
    flipBacks: 0,
    sums: null,
    foreignCacheLookups: 0,
  },
};
/** One of two hundred requests fails. */
const DAY = traffic('blue', {
  requests: 48_000,
  warmMs: Array.from({ length: 47_760 }, () => 100),
  errors: { [USUAL]: 240 },
  users: 5000,
});
const WITH_DAY: Baseline = { ...SEEN_BEFORE, days: [dayBefore(DAY)] };

function alone(errors: number, baseline: Baseline, counted: Counted = {}): LookInput {
  return hour('error-rate', [traffic('green', { errors: { [USUAL]: errors } })], {
    baseline,
    isAlone: true,
    ...counted,
  });
}

check('error-rate: after the flip, with a day', [
  { name: 'as few errors pass', input: () => alone(10, WITH_DAY), expect: 'pass ok' },
  {
    name: 'four times as many fail',
    input: () => alone(100, WITH_DAY),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'so does a rise in the middle of the hold',
    input: () =>
      alone(25, WITH_DAY, { change: (line, minute) => (minute >= 30 && everySo(10)(line) ? FAILED : {}) }),
    expect: 'fail error_rate_over_limit',
  },
  {
    name: 'but not one client',
    input: () => alone(25, WITH_DAY, { lines: client('green', 1, 1000, { everyMs: 3000, failsEvery: 2 }) }),
    expect: 'inconclusive underpowered,error_rate_not_proved',
  },
  {
    name: 'hours that the plan leaves out are no day: nothing says how far it strays',
    input: () =>
      alone(100, WITH_DAY, { settings: { history: { hours: 24, early: 'auto', ignore: ['00:00-23:59'] } } }),
    expect: 'inconclusive error_rate_suspect',
  },
]);

check('error-rate: after the flip, without a day', [
  { name: 'as few errors pass', input: () => alone(5, SEEN_BEFORE), expect: 'pass ok' },
  {
    name: 'many more object and do not fail',
    input: () => alone(100, SEEN_BEFORE),
    expect: 'inconclusive error_rate_suspect',
  },
  {
    name: 'an outage fails at once',
    input: () => alone(0, SEEN_BEFORE, { index: 1, change: () => FAILED }),
    expect: 'fail errors_outage',
  },
  {
    name: 'without anything from before it is one-sided',
    input: () => alone(25, { ...SEEN_BEFORE, traffic: null }),
    expect: 'inconclusive one_sided',
  },
]);

const BOTH = (['blue', 'green'] as const).map((color) => traffic(color, { errors: { [USUAL]: 25 } }));

const rise = (baseline: Baseline, instance: (i: number) => string | null, change: Partial<LookInput> = {}) =>
  judged(
    hour(
      'error-rate',
      BOTH,
      {
        index: 1,
        baseline,
        change: (line) => ({
          instance: instance(line.atMs),
          ...(line.color === 'green' && everySo(10)(line) ? FAILED : {}),
        }),
      },
      change,
    ),
  );

void test('error-rate: a day lets the first look fail where instances are named', () => {
  const named = (atMs: number): string => `pod-${atMs % 4}`;
  const early = rise(WITH_DAY, named);
  assert.deepEqual([early.verdict, early.clusters?.failedBy], ['fail', 'early'], early.summary);
  assert.equal(rise(WITH_DAY, () => null).verdict, 'inconclusive');
  assert.equal(rise(SEEN_BEFORE, named).verdict, 'inconclusive');
});

void test('error-rate: or where both colors have as many ready', () => {
  const ready = (blue: number, green: number) => rise(WITH_DAY, () => null, { ready: { blue, green } });
  assert.equal(ready(4, 4).clusters?.failedBy, 'early');
  for (const [blue, green] of [
    [18, 2],
    [2, 18],
    [0, 0],
  ] as const)
    assert.equal(ready(blue, green).verdict, 'inconclusive', `${blue} and ${green}`);
});
