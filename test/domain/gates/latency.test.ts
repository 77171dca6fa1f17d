/** Latency: users or probes, middle or end, and what cannot be judged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeRun } from '../../../src/domain/probe.ts';
import { check } from './cases.ts';
import { hour, judged, look, midway, probes, spread, stale, traffic, withSlices } from './kit.ts';

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
    name: 'a window without users, whose telemetry is fresh, is quiet and no fault of telemetry',
    input: () => withSlices('latency', [], { probes: null }),
    expect: 'inconclusive underpowered,no_data_yet',
  },
  {
    name: 'a window without users, whose telemetry is old, is stale',
    input: () => stale(withSlices('latency', [], { probes: null })),
    expect: 'inconclusive stale',
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
