/** Every oracle number of the reference, section 2, to the digits printed there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as stats from '../../../src/domain/stats/index.ts';

/** Equal when rounded to the digits the reference prints. */
function prints(actual: number, expected: number, digits: number): void {
  assert.equal(actual.toFixed(digits), expected.toFixed(digits));
}

void test('2.2 alpha plan: per-look levels, and why O`Brien-Fleming spending is unsuited', () => {
  assert.equal(stats.failAlpha(), 0.01 / 24);
  assert.equal(stats.passAlpha(), 0.05 / 3);
  const spent = (look: number): number =>
    look === 0 ? 0 : 2 * stats.normalUpperTail(stats.normalUpperQuantile(0.0125 / 2) / Math.sqrt(look / 12));
  const increments = [1, 2, 3, 4, 5].map((look) => spent(look) - spent(look - 1));
  const printed = [0, 0, 1e-6, 1.5e-5, 9e-5];
  for (const [i, increment] of increments.entries()) {
    assert.ok(Math.abs(increment - (printed[i] ?? NaN)) < 5e-6, `look ${i + 1}: ${increment}`);
  }
});

void test('2.3 ranks of the p95 bounds', () => {
  const ranks = (n: number, alpha: number): [number, number] => {
    const { lower, upper } = stats.quantileRanks(n, { alpha });
    return [lower, upper];
  };
  assert.deepEqual(ranks(200, 0.05), [185, 196]);
  assert.deepEqual(ranks(600, 0.05), [561, 580]);
  assert.deepEqual(ranks(600, 0.01 / 12), [552, 586]);
  // The reference prints the next two without a level; they are those of 0.01/12.
  assert.deepEqual(ranks(1200, 0.01 / 12), [1115, 1163]);
  assert.deepEqual(ranks(2400, 0.01 / 12), [2245, 2313]);
});

void test('2.3 a finite upper bound needs 59 observations at .05 and 135 at .001', () => {
  for (const [alpha, n] of [
    [0.05, 59],
    [0.001, 135],
  ] as const) {
    assert.equal(stats.minimumSampleForUpperBound({ alpha }), n);
    const values = Array.from({ length: n }, (_, i) => i + 1);
    assert.equal(stats.quantileInterval(values, { alpha }).upper, n);
    assert.equal(stats.quantileInterval(values.slice(1), { alpha }).upper, Infinity);
  }
});

void test('2.3 open-ended e-process', () => {
  prints(stats.quantileLogE(100, 95), -0.35491, 5);
  prints(stats.quantileLogE(100, 80), 7.73871, 5);
});

void test('2.4 nothing in a thousand bounds a share', () => {
  const exact = stats.clopperPearsonInterval(0, 1000).upper;
  assert.ok(exact < 0.003 && exact > 0.00299);
});

void test('2.5 Wilson, Newcombe and sample sizes of the cache gate', () => {
  const wilson = stats.wilsonInterval(8, 10, { alpha: stats.normalUpperTail(1.96) });
  prints(wilson.lower, 0.49016, 5);
  prints(wilson.upper, 0.94332, 5);
  const newcombe = stats.newcombeOfEffective({ hits: 56, trials: 70 }, { hits: 48, trials: 80 }, 0.025);
  prints(newcombe.lower, 0.05243, 5);
  prints(newcombe.upper, 0.33387, 5);
  assert.deepEqual(
    [0.5, 0.8, 0.9, 0.95].map((rate) => stats.rateDropSampleSize(rate)),
    [1713, 1097, 617, 326],
  );
});

void test('2.6 McNemar', () => {
  prints(stats.mcnemarExact(5, 0), 0.031, 3);
  prints(stats.mcnemarExact(7, 0), 0.0078, 4);
  prints(stats.mcnemarExact(8, 1), 0.0195, 4);
});

void test('McNemar after a stated loss, to six digits', () => {
  const worked = [
    [10, 0, 117, 0, 9.76563e-4],
    [10, 0, 117, 0.02, 0.009868029],
    [14, 2, 117, 0.02, 0.01145814],
    [23, 1, 117, 0.05, 2.48946e-4],
    [12, 0, 300, 0.03, 0.3039712],
  ] as const;
  for (const [worse, better, pairs, forgiven, expected] of worked) {
    const p = stats.mcnemarBeyond({ worse, better, pairs }, forgiven);
    assert.equal(p.toPrecision(6), expected.toPrecision(6), `${worse} of ${pairs}`);
  }
  assert.deepEqual(
    [50, 100, 117, 200, 300].map((pairs) => stats.fewestTold(pairs, 0.02, 0.001)),
    [12, 13, 14, 16, 19],
  );
});

void test('2.6 ranks of the median interval', () => {
  const ranks = [50, 60, 100, 150, 200].map((n) => {
    const { lower, upper } = stats.medianInterval(Array.from({ length: n }, (_, i) => i + 1));
    return [lower, upper];
  });
  assert.deepEqual(ranks, [
    [18, 33],
    [22, 39],
    [40, 61],
    [63, 88],
    [86, 115],
  ]);
});

void test('PCG32 reproduces the published demo sequence', () => {
  const rng = stats.createPcg32(42n, 54n);
  const drawn = Array.from({ length: 6 }, () => rng.nextUint32());
  assert.deepEqual(drawn, [0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e]);
});

/**
 * A row of the 2.3 simulation table: sigma .5, 50 per look and arm, 12 looks, FAIL at .01/12, PASS at .05.
 * 120 seeded repetitions instead of 400: the tolerance is three standard errors of both runs together.
 */
function simulate(ratio: number): { fail: number; pass: number; naive: number } {
  const rng = stats.createPcg32(`ratio ${ratio}`);
  const lognormal = (): number => Math.exp(0.5 * stats.normalQuantile((rng.nextUint32() + 0.5) / 2 ** 32));
  const repetitions = 120;
  const count = { fail: 0, pass: 0, naive: 0 };
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const green: number[] = [];
    const blue: number[] = [];
    let failed = false;
    let breached = false;
    for (let look = 0; look < 12; look += 1) {
      for (let i = 0; i < 50; i += 1) {
        green.push(ratio * lognormal());
        blue.push(lognormal());
      }
      const interval = stats.quantileRatioInterval(green, blue, { alpha: 0.01 / 12 });
      failed ||= interval.lower > 1.25;
      breached ||= interval.estimate > 1.25;
    }
    if (failed) count.fail += 1;
    else if (stats.quantileRatioInterval(green, blue).upper <= 1.25) count.pass += 1;
    if (breached) count.naive += 1;
  }
  return { fail: count.fail / repetitions, pass: count.pass / repetitions, naive: count.naive / repetitions };
}

void test('2.3 simulated verdicts agree with the table', () => {
  const close = (actual: number, table: number): void => {
    const error = 3 * Math.sqrt(Math.max(0.01, table * (1 - table)) * (1 / 120 + 1 / 400));
    assert.ok(Math.abs(actual - table) <= error, `${actual} vs ${table} +- ${error}`);
  };
  for (const [ratio, naive, fail, pass] of [
    [1, 0.16, 0, 0.97],
    [1.25, 0.86, 0, 0.04],
    [1.5, 1, 0.35, 0],
    [2, 1, 1, 0],
  ] as const) {
    const seen = simulate(ratio);
    close(seen.naive, naive);
    close(seen.fail, fail);
    close(seen.pass, pass);
  }
});
