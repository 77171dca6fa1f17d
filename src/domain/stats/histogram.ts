/**
 * Log-bucket histogram (gamma = 1.01): how latencies travel between workers and regions.
 * Invariant: merging is integer addition on a canonical form, so any order of merges gives the same
 * bytes; a quantile is within one bucket (1 %) of the exact one. Never average p95s: merge, then ask.
 */
import { checkCount } from './checks.ts';
import type { Interval } from './interval.ts';
import { quantileRanks, type QuantileOptions } from './quantile.ts';

/** Ratio of neighboring bucket edges. Fixed: histograms of different widths cannot be merged exactly. */
export const HISTOGRAM_GAMMA = 1.01;
const LOG_GAMMA = Math.log(HISTOGRAM_GAMMA);

/** Plain JSON. Bucket i counts values in (gamma^(i-1), gamma^i]; buckets ascend by i, counts are >= 1. */
export interface LogHistogram {
  readonly gamma: typeof HISTOGRAM_GAMMA;
  /** How many values were exactly 0. */
  readonly zeros: number;
  readonly buckets: readonly (readonly [index: number, count: number])[];
}

/** The histogram without any observation; the neutral element of {@link mergeHistograms}. @internal */
export const EMPTY_HISTOGRAM: LogHistogram = { gamma: HISTOGRAM_GAMMA, zeros: 0, buckets: [] };

function canonical(zeros: number, counts: ReadonlyMap<number, number>): LogHistogram {
  return { gamma: HISTOGRAM_GAMMA, zeros, buckets: [...counts].sort((a, b) => a[0] - b[0]) };
}

/**
 * Counts values into a histogram.
 * @param values finite numbers >= 0, e.g. milliseconds
 * @throws RangeError on a negative or non-finite value
 * Source: reference 3; bucket i = ceil(ln v / ln gamma) (Masson et al. 2019, DDSketch).
 * @internal
 */
export function histogramOf(values: Iterable<number>): LogHistogram {
  const counts = new Map<number, number>();
  let zeros = 0;
  for (const value of values) {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(`histogram values must be finite and >= 0, got ${value}`);
    }
    if (value === 0) {
      zeros += 1;
      continue;
    }
    // `+ 0` turns -0 into 0: JSON would do so too, and equal content must be equal bytes.
    const index = Math.ceil(Math.log(value) / LOG_GAMMA) + 0;
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return canonical(zeros, counts);
}

/**
 * Adds histograms. Commutative and associative to the byte; NOT idempotent (see mergeShards for that).
 * @param histograms any number, none gives the empty histogram
 * @throws RangeError if a total leaves the range of safe integers
 * Source: integer addition per bucket.
 * @internal
 */
export function mergeHistograms(...histograms: readonly LogHistogram[]): LogHistogram {
  const counts = new Map<number, number>();
  let zeros = 0;
  for (const histogram of histograms) {
    zeros += histogram.zeros;
    for (const [index, count] of histogram.buckets) {
      const sum = (counts.get(index) ?? 0) + count;
      checkCount('merged count', sum);
      counts.set(index, sum);
    }
  }
  checkCount('merged zeros', zeros);
  return canonical(zeros, counts);
}

/** Number of observations in a histogram. */
function histogramCount(histogram: LogHistogram): number {
  return histogram.buckets.reduce((sum, [, count]) => sum + count, histogram.zeros);
}

/** Middle of bucket i with equal relative error to both edges: 2 gamma^i / (gamma + 1). */
function representative(index: number): number {
  return (2 * Math.exp(index * LOG_GAMMA)) / (HISTOGRAM_GAMMA + 1);
}

/** Representative of the observation of a 1-based rank in [1, count]. */
function valueAtRank(histogram: LogHistogram, rank: number): number {
  let seen = histogram.zeros;
  if (rank <= seen) return 0;
  for (const [index, count] of histogram.buckets) {
    seen += count;
    if (rank <= seen) return representative(index);
  }
  return NaN;
}

/**
 * Quantile with order-statistic bounds, each bound moved outwards by one bucket width (a factor gamma),
 * so that it encloses the bound the raw values would give.
 * @param histogram at least one observation
 * @param options p (0.95), alpha per bound (0.05), designEffect (1)
 * @returns unit of the values; the estimate is within 0.5 % of the exact quantile
 * @throws RangeError if the histogram is empty or an option is out of range
 * Source: reference 3, "Rank CI from buckets".
 * @internal
 */
export function histogramQuantileInterval(histogram: LogHistogram, options: QuantileOptions = {}): Interval {
  const n = histogramCount(histogram);
  if (n === 0) throw new RangeError('histogram must hold at least one observation');
  const ranks = quantileRanks(n, options);
  return {
    estimate: valueAtRank(histogram, ranks.estimate),
    lower: ranks.lower < 1 ? -Infinity : valueAtRank(histogram, ranks.lower) / HISTOGRAM_GAMMA,
    upper: ranks.upper > n ? Infinity : valueAtRank(histogram, ranks.upper) * HISTOGRAM_GAMMA,
  };
}
