/**
 * Latencies as counts by bucket: 0.01 ms to one hour, each bucket 1 % wide, its value the geometric middle.
 * Invariant: integers that add up over files, machines and ticks; a rank's bounds are the edges of its bucket, so they
 * enclose what the raw latencies would give.
 */
import { exactRank, quantileRanks, type Interval } from '../stats/index.ts';

/** Counts of the buckets from `first` on. */
export interface Histogram {
  readonly first: number;
  readonly counts: readonly number[];
}

const EMPTY_HISTOGRAM: Histogram = { first: 0, counts: [] };

/** Lower edge of bucket 0. */
export const SHORTEST_MS = 0.01;
/** Natural logarithm of the ratio of a bucket's edges. */
export const LOG_WIDTH = Math.log(1.01);
/** Bucket of one hour; slower ones are counted there. */
export const LAST_BUCKET = Math.floor(Math.log(3_600_000 / SHORTEST_MS) / LOG_WIDTH);

/** Bucket of a latency, ms; what is outside the range is counted in its first or last bucket. */
export function bucketOfMs(ms: number): number {
  if (!(ms > SHORTEST_MS)) return 0;
  return Math.min(LAST_BUCKET, Math.floor(Math.log(ms / SHORTEST_MS) / LOG_WIDTH));
}

/** Geometric middle of a bucket, ms. Buckets may be moved by a scale and lie outside of those that are counted. */
export function bucketMs(bucket: number): number {
  return SHORTEST_MS * Math.exp((bucket + 0.5) * LOG_WIDTH);
}

export function histogramOfCounts(counts: ArrayLike<number>): Histogram {
  let first = 0;
  let end = counts.length;
  while (first < end && counts[first] === 0) first += 1;
  while (end > first && counts[end - 1] === 0) end -= 1;
  return first === end ? EMPTY_HISTOGRAM : { first, counts: sliceOf(counts, first, end) };
}

/** Plain loops here and below: a look adds hundreds of histograms. */
function sliceOf(counts: ArrayLike<number>, first: number, end: number): number[] {
  const slice: number[] = [];
  for (let i = first; i < end; i += 1) slice.push(counts[i] ?? 0);
  return slice;
}

/** Adds histograms, the i-th moved by `shifts[i]` buckets (default: none). */
export function addHistograms(histograms: readonly Histogram[], shifts: readonly number[] = []): Histogram {
  const moved = histograms
    .map(({ first, counts }, i) => ({ first: first + (shifts[i] ?? 0), counts }))
    .filter(({ counts }) => counts.length > 0);
  if (moved.length === 0) return EMPTY_HISTOGRAM;
  const first = Math.min(...moved.map((one) => one.first));
  const end = Math.max(...moved.map((one) => one.first + one.counts.length));
  const sums = Array.from({ length: end - first }, () => 0);
  for (const one of moved) {
    const offset = one.first - first;
    const { counts } = one;
    for (let i = 0; i < counts.length; i += 1) sums[offset + i] = (sums[offset + i] ?? 0) + (counts[i] ?? 0);
  }
  return { first, counts: sums };
}

export function histogramSize({ counts }: Histogram): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/** Bucket of the observation of a 1-based rank. Null when there are fewer. */
function bucketAtRank({ first, counts }: Histogram, rank: number): number | null {
  let seen = 0;
  for (let i = 0; i < counts.length; i += 1) {
    seen += counts[i] ?? 0;
    if (rank <= seen) return first + i;
  }
  return null;
}

/** Bucket of a quantile, by the rank ⌈p n⌉. Null of an empty histogram. */
export function quantileBucket(histogram: Histogram, p: number): number | null {
  return bucketAtRank(histogram, Math.max(1, exactRank(histogramSize(histogram), p)));
}

/** How many are in slower buckets than this one. */
export function countAbove({ first, counts }: Histogram, bucket: number): number {
  let above = 0;
  for (let i = Math.max(0, bucket + 1 - first); i < counts.length; i += 1) above += counts[i] ?? 0;
  return above;
}

/**
 * Quantile with order-statistic bounds, ms.
 * @param options p (0.95), alpha of each bound (0.05), designEffect (1)
 * @returns bounds at the outer edges of their buckets; null of an empty histogram
 */
export function histogramInterval(
  histogram: Histogram,
  options: Parameters<typeof quantileRanks>[1],
): Interval | null {
  const n = histogramSize(histogram);
  const ranks = quantileRanks(n, options);
  const estimate = bucketAtRank(histogram, Math.max(1, ranks.estimate));
  if (estimate === null) return null;
  const lower = ranks.lower < 1 ? null : bucketAtRank(histogram, ranks.lower);
  const upper = bucketAtRank(histogram, ranks.upper);
  return {
    estimate: bucketMs(estimate),
    lower: lower === null ? -Infinity : bucketMs(lower - 0.5),
    upper: upper === null ? Infinity : bucketMs(upper + 0.5),
  };
}
