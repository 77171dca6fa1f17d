/** Laws that hold for every input: containment, monotony in alpha, exact merges, inversion of tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import * as stats from '../../../src/domain/stats/index.ts';

const alpha = fc.double({ min: 1e-6, max: 0.5, noNaN: true });
const latency = fc.double({ min: 0.01, max: 1e6, noNaN: true });
const latencies = fc.array(latency, { minLength: 1, maxLength: 150 });
const counts = fc
  .integer({ min: 1, max: 5000 })
  .chain((trials) => fc.record({ hits: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }));

/** Equal up to rounding of a closed formula. */
const SLACK = 1e-12;

function holds(interval: stats.Interval): void {
  assert.ok(interval.lower <= interval.estimate + SLACK, JSON.stringify(interval));
  assert.ok(interval.estimate <= interval.upper + SLACK, JSON.stringify(interval));
}

function nested(outer: stats.Interval, inner: stats.Interval): void {
  assert.ok(outer.lower <= inner.lower + SLACK && inner.upper <= outer.upper + SLACK);
}

/** Contains its estimate at any level, and widens as alpha falls. */
function lawful<T>(input: fc.Arbitrary<T>, interval: (input: T, alpha: number) => stats.Interval): void {
  fc.assert(
    fc.property(input, alpha, alpha, (value, one, two) => {
      const outer = interval(value, Math.min(one, two));
      const inner = interval(value, Math.max(one, two));
      holds(outer);
      nested(outer, inner);
    }),
  );
}

void test('intervals contain their estimate and widen as alpha falls', () => {
  lawful(counts, (c, a) => stats.wilsonInterval(c.hits, c.trials, { alpha: a }));
  lawful(counts, (c, a) => stats.clopperPearsonInterval(c.hits, c.trials, { alpha: a }));
  lawful(fc.tuple(counts, counts), ([one, two], a) => stats.newcombeOfEffective(one, two, a));
  lawful(fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1 }), (d, a) =>
    stats.pairedMeanInterval(d, { alpha: a }),
  );
  lawful(latencies, (values, a) => stats.medianInterval(values, { alpha: a }));
});

void test('below one half, quantile bounds contain the estimate and widen as alpha falls', () => {
  // At alpha near 1/2 the binomial median may fall beyond ceil(p n) by one rank; verdicts use <= 0.05.
  const small = alpha.map((a) => a / 10);
  fc.assert(
    fc.property(latencies, latencies, small, small, (green, blue, one, two) => {
      const outer = { alpha: Math.min(one, two) };
      const inner = { alpha: Math.max(one, two) };
      const wide = stats.quantileInterval(green, outer);
      holds(wide);
      nested(wide, stats.quantileInterval(green, inner));
      const ratio = stats.quantileRatioInterval(green, blue, outer);
      holds(ratio);
      const narrow = stats.quantileRatioInterval(green, blue, inner);
      assert.ok(ratio.lower <= narrow.lower && narrow.upper <= ratio.upper);
    }),
  );
});

void test('a design effect only widens', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.double({ min: 1, max: 20, noNaN: true }),
      (n, deff) => {
        const plain = stats.quantileRanks(n);
        const clustered = stats.quantileRanks(n, { designEffect: deff });
        assert.equal(clustered.estimate, plain.estimate);
        // Floor of n / deff and the rank mapping may move a bound by a rank; never by more.
        assert.ok(clustered.lower <= plain.lower + 1 && clustered.upper >= plain.upper - 1);
      },
    ),
  );
});

void test('order statistics equal sorting, and leave the input alone', () => {
  const skewed = fc.oneof(
    latencies,
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 500 }),
  );
  fc.assert(
    fc.property(skewed, (values) => {
      const before = [...values];
      const ranks = values.map((_, i) => i + 1).toReversed();
      const sorted = [...values].sort((a, b) => b - a);
      assert.deepEqual(stats.orderStatistics(values, ranks), sorted);
      assert.deepEqual(values, before);
    }),
  );
  const organPipe = Array.from({ length: 5000 }, (_, i) => Math.min(i, 5000 - i));
  const sorted = [...organPipe].sort((a, b) => a - b);
  assert.deepEqual(stats.orderStatistics(organPipe, [1, 4750, 2500]), [
    sorted[0],
    sorted[4749],
    sorted[2499],
  ]);
});

void test('histogram quantiles enclose the exact ones; merge is commutative and associative to the byte', () => {
  fc.assert(
    fc.property(latencies, latencies, latencies, (a, b, c) => {
      const [ha, hb, hc] = [stats.histogramOf(a), stats.histogramOf(b), stats.histogramOf(c)];
      const all = JSON.stringify(stats.histogramOf([...a, ...b, ...c]));
      assert.equal(JSON.stringify(stats.mergeHistograms(ha, hb, hc)), all);
      assert.equal(JSON.stringify(stats.mergeHistograms(hc, stats.mergeHistograms(hb, ha))), all);
      assert.equal(JSON.stringify(stats.mergeHistograms(stats.EMPTY_HISTOGRAM, ha)), JSON.stringify(ha));
      const exact = stats.quantileInterval(a, { alpha: 0.05 });
      const bucketed = stats.histogramQuantileInterval(ha);
      assert.ok(Math.abs(bucketed.estimate / exact.estimate - 1) <= 0.005);
      assert.ok(bucketed.lower <= exact.lower && exact.upper <= bucketed.upper);
    }),
  );
});

void test('exact p-values lie in [0, 1] and fall with every loss', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.nat(50), (x, y) => {
      const p = stats.mcnemarExact(x, y);
      assert.ok(p >= 0 && p <= 1 && stats.mcnemarExact(x + 1, y) <= p + SLACK);
    }),
  );
});

void test('a stated loss only forgives: more lost, fewer gained or a smaller share make p no larger', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(40), fc.nat(40), fc.nat(200), share, (worse, better, others, forgiven) => {
      const p = (more = {}, at = forgiven): number =>
        stats.mcnemarBeyond({ worse, better, pairs: worse + better + others, ...more }, at);
      const plain = stats.mcnemarExact(worse, better);
      assert.ok(Math.abs(p({}, 0) - plain) <= 1e-12 * plain);
      assert.ok(p() <= 1 && p() >= plain * (1 - 1e-12) && p({}, forgiven / 2) <= p() + SLACK);
      if (others > 0)
        assert.ok(p({ worse: worse + 1 }) <= p() + SLACK && p({ better: better + 1 }) >= p() - SLACK);
    }),
  );
});

void test('McNemar after a stated loss is the sum it is defined as, and stays so with a hundred thousand questions', () => {
  fc.assert(
    fc.property(
      fc.nat(30),
      fc.nat(30),
      fc.nat(300),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (l, g, more, share) => {
        const pairs = l + g + more;
        let sum = 0;
        for (let r = 0; r <= pairs; r += 1)
          sum += stats.binomialPmf(r, pairs, share) * (r >= l ? 1 : stats.mcnemarExact(l - r, g));
        const p = stats.mcnemarBeyond({ worse: l, better: g, pairs }, share);
        assert.ok(Math.abs(p / Math.min(1, sum) - 1) < 1e-11, `${p} ${sum}`);
      },
    ),
  );
  const large = (worse: number, better = 0): number =>
    stats.mcnemarBeyond({ worse, better, pairs: 100_000 }, 0.02);
  assert.ok(large(2000) > 0.5 && large(2200) < 1e-4 && large(2200) > 1e-9, `${large(2200)}`);
  assert.ok(large(2200, 100) > large(2200));
  assert.equal(large(100_000), 0);
  const fewest = stats.fewestTold(100_000, 0.02, 0.001) ?? NaN;
  assert.ok(large(fewest) <= 0.001 && large(fewest - 1) > 0.001, `${fewest}`);
});

void test('the Hodges-Lehmann shift bounds invert the exact Mann-Whitney test', () => {
  const values = fc.uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 12, maxLength: 40 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.001, max: 0.2, noNaN: true }), (pool, level) => {
      const half = pool.length >> 1;
      const first = pool.slice(0, half);
      const second = pool.slice(half).map((v) => v + Math.SQRT2);
      const { shift } = stats.mannWhitney(first, second, { alpha: level });
      holds(shift);
      if (shift.lower === -Infinity) return;
      const moved = (by: number): stats.MannWhitney =>
        stats.mannWhitney(
          first.map((v) => v - by),
          second,
        );
      assert.ok(moved(shift.lower - 1e-7).pGreater < level, 'just below the bound the test rejects');
      assert.ok(moved(shift.lower + 1e-7).pGreater >= level * (1 - 1e-9), 'just above it does not');
    }),
  );
});
