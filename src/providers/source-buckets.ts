/**
 * Histograms of a source, whose buckets have edges of its own, as ours: 1 % wide.
 * Invariant: no request is lost or invented; where a source's bucket is wide, its requests are spread evenly over it, as its own quantiles do.
 */
import {
  bucketOfMs,
  histogramOfCounts,
  LAST_BUCKET,
  LOG_WIDTH,
  SHORTEST_MS,
  type Histogram,
} from '../domain/clusters/index.ts';

/** Latencies over `lowerMs` and up to `upperMs`. Counts need not be whole: a source may extrapolate. */
export interface SourceBucket {
  readonly lowerMs: number;
  /** Infinity in the last one of many sources. */
  readonly upperMs: number;
  readonly count: number;
}

/** @param buckets in any order; they do not overlap */
export function ourBuckets(buckets: readonly SourceBucket[]): Histogram {
  const given = buckets
    .filter(({ count, upperMs }) => count > 0 && upperMs > 0)
    .map(bounded)
    .toSorted((a, b) => a.lowerMs - b.lowerMs);
  const counts = new Float64Array(LAST_BUCKET + 1);
  let [seen, whole] = [0, 0];
  for (const { lowerMs, upperMs, count } of given) {
    const [first, last] = [bucketOfMs(lowerMs), bucketOfMs(upperMs)];
    for (let bucket = first; bucket <= last; bucket += 1) {
      const end = bucket === last ? upperMs : Math.min(upperMs, edgeMs(bucket + 1));
      const share = upperMs > lowerMs ? Math.min(1, Math.max(0, (end - lowerMs) / (upperMs - lowerMs))) : 1;
      // Whole requests: what rounding leaves over is counted by the next bucket.
      const until = Math.round(seen + share * count);
      counts[bucket] = (counts[bucket] ?? 0) + until - whole;
      whole = until;
    }
    seen += count;
  }
  return histogramOfCounts(counts);
}

/** Beyond the last edge nothing is known but that it was slower: just above it. */
function bounded({ lowerMs, upperMs, count }: SourceBucket): SourceBucket {
  const from = Math.max(0, lowerMs);
  return { lowerMs: from, upperMs: Number.isFinite(upperMs) ? upperMs : from * Math.exp(LOG_WIDTH), count };
}

function edgeMs(bucket: number): number {
  return SHORTEST_MS * Math.exp(bucket * LOG_WIDTH);
}

/**
 * Buckets from counts that include all faster ones, as `le` of Prometheus does.
 * @param cumulative in any order; one that falls (counters that were scraped at different moments) is taken for flat
 */
export function fromCumulative(
  cumulative: readonly { readonly upperMs: number; readonly count: number }[],
): SourceBucket[] {
  let [lowerMs, before] = [0, 0];
  return cumulative
    .toSorted((a, b) => a.upperMs - b.upperMs)
    .map(({ upperMs, count }): SourceBucket => {
      const bucket = { lowerMs, upperMs, count: Math.max(0, count - before) };
      [lowerMs, before] = [upperMs, Math.max(before, count)];
      return bucket;
    });
}
