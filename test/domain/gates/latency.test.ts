/** Latency: users or probes, middle or end, and what cannot be judged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './cases.ts';
import { blocksOf } from '../../../src/domain/clusters/index.ts';
import type { Baseline, LookInput } from '../../../src/domain/look-input.ts';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';
import {
  HOUR_MS,
  hour,
  judged,
  look,
  midway,
  probes,
  spread,
  stale,
  traffic,
  withSlices,
  type Counted,
} from './kit.ts';
import { linesOf } from './spec-lines.ts';

const users = (n: number, scale: number, change = {}) =>
  withSlices(
    'latency',
    [traffic('blue', { warmMs: spread(n) }), traffic('green', { warmMs: spread(n, scale) })],
    {
      probes: null,
      ...change,
    },
  );
const slowProbes = probes({
  to: (run) => ({ latencyMs: run.latencyMs && { ...run.latencyMs, tfinal: 2 * run.latencyMs.tfinal } }),
});

check('latency', [
  { name: 'equal colors pass at the scheduled end', input: () => users(2000, 1), expect: 'pass ok' },
  {
    name: 'equal colors do not pass in the middle',
    input: () => midway(users(2000, 1)),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'twice the p95 fails at any look',
    input: () => midway(users(2000, 2)),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'a ratio over the limit that chance explains is not decided',
    input: () => users(70, 1.3),
    expect: 'inconclusive underpowered,p95_not_proved',
  },
  {
    name: 'few requests are underpowered, not a pass',
    input: () => users(30, 1),
    expect: 'inconclusive underpowered,too_few',
  },
  {
    name: 'as few as minSamples cannot prove a healthy build',
    input: () => users(60, 1),
    expect: 'inconclusive underpowered,p95_not_proved',
  },
  {
    name: 'no data is never a pass',
    input: () => look('latency', { traffic: null, probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one side alone is never a pass',
    input: () => withSlices('latency', [traffic('green')], { probes: null }),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'stale telemetry is never a pass',
    input: () => stale(users(2000, 1)),
    expect: 'inconclusive stale',
  },
  {
    name: 'stale telemetry leaves the probes to decide',
    input: () => stale(users(2000, 1, { probes: probes({ n: 100 }) })),
    expect: 'pass ok',
  },
  {
    name: 'at 1 % of traffic the probes prove a healthy build',
    input: () => users(20, 1, { probes: probes({ n: 100 }) }),
    expect: 'pass ok',
  },
  {
    name: 'at 1 % of traffic the probes fail a slow one',
    input: () => users(20, 1, { probes: slowProbes }),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'after the flip probes decide, for the baseline is of another hour',
    input: () =>
      withSlices('latency', [traffic('green', { warmMs: spread(9000, 5) })], { probes: probes({ n: 100 }) }),
    expect: 'pass ok',
  },
  {
    name: 'users that are clearly slower fail although the probes decide',
    input: () => users(200, 3, { probes: probes({ n: 100 }) }),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'probes that are clearly slower fail although users decide',
    input: () => users(4000, 1, { probes: slowProbes }),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'a slow first usable text fails a streaming service',
    input: () =>
      withSlices(
        'latency',
        [
          traffic('blue', { warmMs: spread(2000), warmUsableMs: spread(2000, 0.2) }),
          traffic('green', { warmMs: spread(2000), warmUsableMs: spread(2000, 0.5) }),
        ],
        { probes: null },
      ),
    expect: 'fail p95_ratio_over_limit',
  },
  {
    name: 'an arm of zeros measures nothing',
    input: () =>
      withSlices('latency', [traffic('blue', { warmMs: Array(200).fill(0) }), traffic('green')], {
        probes: null,
      }),
    expect: 'inconclusive latency_unusable',
  },
  {
    name: 'a limit of the plan is obeyed',
    input: () =>
      hour(
        'latency',
        [traffic('blue'), traffic('green', { warmMs: spread(4900, 1.5) })],
        { settings: { latencyRatio: 1.7 } },
        { probes: null },
      ),
    expect: 'pass ok',
  },
]);

void test('latency: real traffic is reported beside the probes', () => {
  const record = judged(users(60, 1, { probes: probes({ n: 100 }) }));
  assert.deepEqual(
    record.series?.map(({ name }) => name),
    ['probes', 'users'],
  );
});

void test('latency: users who are slow as a whole widen the interval', () => {
  const plain = judged(users(2000, 1));
  // All of a color's slow answers are those of a tenth of its users.
  const heavy = judged(
    withSlices(
      'latency',
      [
        traffic('blue', { warmMs: spread(2000), users: 20 }),
        traffic('green', { warmMs: spread(2000), users: 20 }),
      ],
      {
        probes: null,
      },
    ),
  );
  assert.ok((heavy.clusters?.designEffect.to ?? 0) >= (plain.clusters?.designEffect.to ?? 0));
});

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

const DAY_MS = 24 * HOUR_MS;
const WITH_DAY: Baseline = {
  capturedAtMs: START_MS,
  probes: null,
  traffic: null,
  days: [
    blocksOf(
      linesOf(
        [traffic('blue', { requests: 48_000, warmMs: spread(48_000), errors: {}, users: 5000 })],
        DAY_MS,
      ).map((line) => ({ ...line, atMs: line.atMs - DAY_MS })),
      'blue',
      { fromMs: START_MS - DAY_MS, toMs: START_MS, blockMs: 300_000, sameFailureMs: 60_000 },
    ),
  ],
};

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

void test('latency: a question that is asked again is the same question', () => {
  // One in twenty-five questions is slow on either color, whenever they are asked.
  const own = probes({
    n: 100,
    from: slowly,
    to: slowly,
  });
  function slowly(run: ProbeRun, question: number): Partial<ProbeRun> {
    const slow = question % 25 === 0 ? 4 : 1;
    return { latencyMs: run.latencyMs && { ...run.latencyMs, tfinal: run.latencyMs.tfinal * slow } };
  }
  const record = judged(look('latency', { traffic: null, probes: own }));
  assert.ok((record.power?.deff ?? 0) > 3, `${record.power?.deff}`);
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
