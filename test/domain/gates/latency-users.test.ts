/** Latency of users: users and moments, outages, and what stands for `from` after the flip. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Baseline, LookInput } from '../../../src/domain/look-input.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { dayBefore } from './days.ts';
import { hour, judged, probes, spread, traffic, type Counted } from './kit.ts';

/** An hour of both colors, of which green's answers take so many times as long in some minutes. */
const changed = (slower: (minute: number) => number, counted: Counted = {}, n = 2000) =>
  hour(
    'latency',
    (['blue', 'green'] as const).map((color) =>
      traffic(color, { requests: n, warmMs: spread(n), errors: {} }),
    ),
    {
      ...counted,
      change: (line, minute) => ({
        ...(line.color === 'green' ? { tfinalMs: line.tfinalMs * slower(minute) } : {}),
        ...counted.change?.(line, minute),
      }),
    },
    { probes: null },
  );

check('latency: users and moments', [
  {
    name: 'a color that is slow from the start on fails after a third of the hold',
    input: () => changed((minute) => (minute < 30 ? 3 : 1), { index: 4 }),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'with twenty times the traffic as well',
    input: () => changed((minute) => (minute < 30 ? 3 : 1), { index: 4 }, 40_000),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'before that only what is far too slow fails',
    input: () => changed(() => 3, { index: 2 }),
    expect: 'inconclusive underpowered,p95_not_proved',
  },
  {
    name: 'and that at the first look',
    input: () => changed(() => 20, { index: 1 }),
    expect: 'fail latency_outage',
  },
  {
    name: 'a bad minute of one color is no fault',
    input: () => changed((minute) => (minute === 30 ? 9 : 1)),
    expect: 'pass ok',
  },
  {
    name: 'nor are bad minutes that both have at once',
    input: () =>
      changed(() => 1, {
        change: ({ tfinalMs }, minute) => ({ tfinalMs: tfinalMs * (minute % 20 < 7 ? 4 : 1) }),
      }),
    expect: 'pass ok',
  },
  {
    name: 'one slow client with half of the traffic does not fail it',
    input: () =>
      changed(() => 1, {
        change: ({ color, atMs, tfinalMs }) =>
          color === 'green' && atMs % 2 === 0 ? { user: 'heavy', tfinalMs: tfinalMs * 3 } : {},
      }),
    expect: 'inconclusive p95_suspect',
  },
]);

const DAY = traffic('blue', { requests: 48_000, warmMs: spread(48_000), errors: {}, users: 5000 });
const WITH_DAY: Baseline = { capturedAtMs: START_MS, probes: null, traffic: null, days: [dayBefore(DAY)] };

/** After the flip: green alone, so many times slower than blue was. */
const alone = (scale: number, baseline: Baseline | null, change: Partial<LookInput> = {}) =>
  hour(
    'latency',
    [traffic('green', { warmMs: spread(4900, scale) })],
    { baseline, isAlone: true },
    { probes: null, ...change },
  );

check('latency: after the flip', [
  { name: 'the day before stands for `from`', input: () => alone(1, WITH_DAY), expect: 'pass ok' },
  {
    name: 'and a slower color fails',
    input: () => alone(1.6, WITH_DAY),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'without one the probes decide',
    input: () => alone(1.6, null, { probes: probes({ n: 100 }) }),
    expect: 'pass ok',
  },
  {
    name: 'and without those there is nothing to compare with',
    input: () => alone(1.6, null),
    expect: 'inconclusive one_sided',
  },
]);

void test('latency: a rise from the middle of the hold on is seen with a day of `from`', () => {
  const risen = (baseline: Baseline | null) =>
    judged(changed((minute) => (minute >= 30 ? 2 : 1), { baseline }));
  assert.equal(risen(WITH_DAY).verdict, 'fail');
  const without = risen(null);
  assert.equal(without.verdict, 'inconclusive');
  assert.match(
    without.summary,
    /blue's own p95 wanders by \d+ % within the hold; (green would have to be \d+ % slower to stand out|no latency of green would stand out)/,
  );
  assert.deepEqual(without.clusters?.stoppedBy, ['moments']);
});

void test('latency: regions and routes that are slower are named', () => {
  const slow = judged(
    hour(
      'latency',
      (['eu', 'us'] as const).flatMap((region) => [
        traffic('blue', { region }),
        traffic('green', { region, warmMs: spread(4900, region === 'us' ? 2 : 1) }),
      ]),
      {},
      { probes: null },
    ),
  );
  assert.deepEqual(
    slow.offenders.map(({ id }) => id),
    ['region us'],
  );
});
