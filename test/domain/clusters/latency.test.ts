/** Buckets, limits and verdicts of latency. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  blockOf,
  blockShifts,
  bucketOfMs,
  histogramOfCounts,
  judgeLatency,
  LAST_BUCKET,
  latencyLimits,
  timeUnits,
  type Grid,
  type Histogram,
  type LatencyArm,
  type LatencySums,
} from '../../../src/domain/clusters/index.ts';
import { addHistograms, bucketMs, histogramInterval } from '../../../src/domain/clusters/histogram.ts';
import { createPcg32, quantileInterval } from '../../../src/domain/stats/index.ts';
import { NOTHING_RECENT, seriesOf, type Cell } from './build.ts';

void test('an hour has ticks of a minute, seconds are cut alike', () => {
  assert.deepEqual(timeUnits(3_600_000), { tickMs: 60_000, blockTicks: 5 });
  assert.deepEqual(timeUnits(900_000), { tickMs: 60_000, blockTicks: 3 });
  assert.deepEqual(timeUnits(30_000), { tickMs: 2000, blockTicks: 3 });
  const grid = { tickMs: 60_000, blockTicks: 3, ticks: 10 };
  assert.deepEqual(
    Array.from({ length: 10 }, (_, tick) => blockOf(grid, tick)),
    [0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
  );
});

const latencies = fc.array(fc.double({ min: 0.011, max: 3_000_000, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
});

function histogramOf(values: readonly number[]): Histogram {
  const counts = new Uint32Array(LAST_BUCKET + 1);
  for (const value of values) {
    const bucket = bucketOfMs(value);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return histogramOfCounts(counts);
}

void test('bounds of a quantile enclose those of the raw latencies, the estimate is within half a bucket', () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const found = histogramInterval(histogramOf(values), { alpha: 0.01 });
      const exact = quantileInterval(values, { alpha: 0.01 });
      assert.ok(found !== null);
      assert.ok(found.lower <= exact.lower * (1 + 1e-9) && found.upper >= exact.upper * (1 - 1e-9));
      assert.ok(Math.abs(Math.log(found.estimate / exact.estimate)) <= Math.log(1.01) / 2 + 1e-9);
    }),
  );
});

void test('histograms add up in any order', () => {
  fc.assert(
    fc.property(latencies, latencies, latencies, (a, b, c) => {
      const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)];
      assert.deepEqual(addHistograms([addHistograms([x, y]), z]), addHistograms([z, addHistograms([y, x])]));
      assert.deepEqual(addHistograms([x, y]), histogramOf([...a, ...b]));
    }),
    { numRuns: 50 },
  );
});

const GRID: Grid = { tickMs: 60_000, blockTicks: 5, ticks: 60 };
const TERMS = {
  grid: GRID,
  holdMs: 3_600_000,
  alpha: 0.001,
  passAlpha: 0.05 / 3,
  minSamples: 59,
  minUsers: 3,
  early: false,
};
const RATIO = 1.25;

/** Two colors whose latency is `base` times a factor by minute. */
function sumsOf(factor: {
  readonly to: (tick: number) => number;
  readonly from: (tick: number) => number;
}): LatencySums {
  const random = createPcg32(7n);
  const draw = (of: (tick: number) => number): { bin: number; tick: number; ms: number }[] =>
    Array.from({ length: 12_000 }, (_, i) => {
      const spread = Array.from({ length: 4 }, () => random.nextFloat()).reduce((a, b) => a + b, -2);
      return { bin: random.nextInt(512), tick: i % 60, ms: 180 * of(i % 60) * Math.exp(0.8 * spread) };
    });
  const lines = { to: draw(factor.to), from: draw(factor.from) };
  const byBlock = (side: 'to' | 'from'): Histogram[] =>
    Array.from({ length: 12 }, (_, j) =>
      histogramOf(lines[side].filter(({ tick }) => blockOf(GRID, tick) === j).map(({ ms }) => ms)),
    );
  const histograms = { to: byBlock('to'), from: byBlock('from') };
  const limits = latencyLimits(histograms, blockShifts(GRID, histograms));
  assert.ok(limits !== null);
  const arm = (side: 'to' | 'from', ratio: number): LatencyArm => {
    const cells = (isSlow: (line: { ms: number; tick: number }) => boolean): Cell[] =>
      lines[side].map((line) => ({ bin: line.bin, tick: line.tick, n: 1, x: Number(isSlow(line)) }));
    const own = seriesOf(
      cells(({ ms }) => ms > limits.ownMs[side]),
      GRID,
    );
    const slow = seriesOf(
      cells(({ ms, tick }) => ms > ratio * (limits.baseMs[blockOf(GRID, tick)] ?? NaN)),
      GRID,
    );
    return {
      histograms: histograms[side],
      trials: own.trials,
      own: own.events,
      slow: { [ratio]: slow.events },
    };
  };
  return {
    grid: GRID,
    arms: { to: arm('to', RATIO), from: arm('from', 1) },
    recent: { to: NOTHING_RECENT, from: NOTHING_RECENT },
  };
}

void test('a color twice as slow fails, equal colors pass, also through a slow phase of both', () => {
  const even = { to: () => 1, from: () => 1 };
  assert.equal(judgeLatency(sumsOf({ ...even, to: () => 2 }), RATIO, TERMS)?.verdict, 'fail');
  assert.equal(judgeLatency(sumsOf(even), RATIO, TERMS)?.verdict, 'pass');
  const phase = (tick: number): number => (tick > 20 && tick < 36 ? 4 : 1);
  assert.equal(judgeLatency(sumsOf({ to: phase, from: phase }), RATIO, TERMS)?.verdict, 'pass');
});

void test('a slow quarter of an hour of one color neither fails nor passes', () => {
  const phase = (tick: number): number => (tick >= 20 && tick < 35 ? 4 : 1);
  const ruling = judgeLatency(sumsOf({ to: phase, from: () => 1 }), RATIO, TERMS);
  assert.equal(ruling?.verdict, 'inconclusive');
  assert.deepEqual(ruling?.stoppedBy, ['moments']);
});

void test('a ratio that was not stored is refused by name', () => {
  const sums = sumsOf({ to: () => 1, from: () => 1 });
  assert.throws(() => judgeLatency(sums, 1.4, TERMS), /no exceedances of ratio 1.4 are stored, only of 1.25/);
});

void test('buckets reach from 0.01 ms to an hour', () => {
  assert.deepEqual([bucketOfMs(0), bucketOfMs(-1), bucketOfMs(NaN)], [0, 0, 0]);
  assert.equal(bucketOfMs(1e12), LAST_BUCKET);
  assert.ok(bucketMs(LAST_BUCKET) < 3_600_000 * 1.01);
});
