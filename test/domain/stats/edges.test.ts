/** The edge cases a gate meets: no data, one value, all equal, rates of 0 and 1, and bad arguments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as stats from '../../../src/domain/stats/index.ts';

void test('no data never passes and never fails', () => {
  assert.deepEqual(stats.quantileRanks(0), { estimate: 0, lower: 0, upper: 1 });
  assert.deepEqual(stats.wilsonInterval(0, 0), { estimate: NaN, lower: 0, upper: 1 });
  assert.deepEqual(stats.clopperPearsonInterval(0, 0), { estimate: NaN, lower: 0, upper: 1 });
  const none = { hits: 0, trials: 0 };
  assert.deepEqual(stats.newcombeOfEffective(none, { hits: 1, trials: 2 }, 0.05), {
    estimate: NaN,
    lower: -1,
    upper: 1,
  });
  assert.deepEqual(stats.pairedMeanInterval([]), {
    n: 0,
    sd: 0,
    estimate: NaN,
    lower: -Infinity,
    upper: Infinity,
  });
  assert.equal(stats.pairedMeanInterval([3]).upper, Infinity);
  const quiet = { greenErrors: 0, greenRequests: 0, blueErrors: 5, blueRequests: 100 };
  assert.deepEqual(stats.rateRatioInterval(quiet), { estimate: NaN, lower: 0, upper: Infinity });
  assert.equal(stats.mcnemarExact(0, 0), 1);
  assert.equal(stats.mcnemarBeyond({ worse: 0, better: 0, pairs: 0 }, 0.02), 1);
  assert.equal(stats.mcnemarBeyond({ worse: 9, better: 0, pairs: 9 }, 1), 1);
  assert.equal(stats.mcnemarBeyond({ worse: 10, better: 0, pairs: 10 }, 0), 2 ** -10);
  assert.deepEqual(
    [0, 9, 10].map((pairs) => stats.fewestTold(pairs, 0, 0.001)),
    [null, null, 10],
  );
  assert.equal(stats.designEffect([]), 1);
  assert.throws(() => stats.exactQuantile([]), { name: 'RangeError', message: /at least one/ });
});

void test('all equal, and rates of 0 and 1', () => {
  const same = Array.from({ length: 200 }, () => 0.1);
  assert.deepEqual(stats.quantileInterval(same), { estimate: 0.1, lower: 0.1, upper: 0.1 });
  assert.deepEqual(stats.quantileRatioInterval(same, same), { estimate: 1, lower: 1, upper: 1 });
  assert.deepEqual(stats.pairedMeanInterval(same), { n: 200, sd: 0, estimate: 0.1, lower: 0.1, upper: 0.1 });
  assert.equal(stats.mannWhitney(same, same).pTwoSided, 1);
  assert.equal(stats.wilsonInterval(0, 10).lower, 0);
  assert.deepEqual(stats.wilsonInterval(0, 10, { alpha: 0.5 }), { estimate: 0, lower: 0, upper: 0 });
  assert.equal(stats.wilsonInterval(10, 10).upper, 1);
  assert.equal(stats.clopperPearsonInterval(0, 10).lower, 0);
  assert.equal(stats.clopperPearsonInterval(10, 10).upper, 1);
  const zero = { greenErrors: 0, greenRequests: 100, blueErrors: 0, blueRequests: 100 };
  assert.equal(stats.rateRatioInterval({ ...zero, blueErrors: 3 }).lower, 0);
  assert.equal(stats.rateRatioInterval({ ...zero, greenErrors: 3 }).upper, Infinity);
  assert.equal(
    stats.designEffect([
      { hits: 0, trials: 5 },
      { hits: 0, trials: 5 },
    ]),
    1,
  );
});

void test('bad arguments are RangeErrors', () => {
  const bad: readonly (() => unknown)[] = [
    () => stats.quantileInterval([1, NaN]),
    () => stats.quantileInterval([1], { alpha: 0.6 }),
    () => stats.quantileInterval([1], { designEffect: 0.5 }),
    () => stats.quantileRatioInterval([0], [1]),
    () => stats.quantileRatioInterval([1], [-1]),
    () => stats.quantileRatioLogE([], [1]),
    () => stats.quantileRatioLogE([1], [0]),
    () => stats.quantileLogE(3, 4),
    () => stats.wilsonInterval(3, 2),
    () => stats.wilsonInterval(1.5, 2),
    () => stats.pairedMeanInterval([Infinity]),
    () => stats.mcnemarExact(-1, 0),
    () => stats.mcnemarBeyond({ worse: 3, better: 3, pairs: 5 }, 0.02),
    () => stats.mcnemarBeyond({ worse: 1, better: 0, pairs: 5 }, 1.1),
    () => stats.mcnemarBeyond({ worse: 1, better: 0, pairs: 5 }, NaN),
    () => stats.fewestTold(5, 0.02, 0),
    () => stats.createPcg32(1n).nextInt(0),
    () => stats.mannWhitney(new Float64Array(5000), new Float64Array(5000)),
    () => stats.designEffect([{ hits: 2, trials: 1 }]),
    () => stats.failAlpha(0),
    () => stats.orderStatistics([1], [2]),
  ];
  for (const call of bad) assert.throws(call, RangeError, String(call));
});

void test('histograms reject what they cannot hold', () => {
  assert.throws(() => stats.histogramOf([-1]), RangeError);
  assert.throws(() => stats.histogramOf([NaN]), RangeError);
  assert.throws(() => stats.histogramQuantileInterval(stats.EMPTY_HISTOGRAM), RangeError);
  assert.equal(stats.histogramQuantileInterval(stats.histogramOf([0, 0])).estimate, 0);
});
