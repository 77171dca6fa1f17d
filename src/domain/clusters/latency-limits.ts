/**
 * Which latencies count as slow, from histograms alone: each arm's own p95, and `from`'s p95 freed of the phases both colors share.
 * Invariant: pure arithmetic on buckets, so every engine and every recomputation asks for the same exceedances.
 */
import { allBlocks, type Grid } from './grid.ts';
import { addHistograms, bucketMs, histogramSize, quantileBucket, type Histogram } from './histogram.ts';
import type { Arms } from './sums.ts';

export const P = 0.95;
/** Latencies of a block whose median says anything. */
const LEAST_LATENCIES = 20;

export interface LatencyLimits {
  /** An arm's latency is over its own p95 above this, ms. */
  readonly ownMs: { readonly to: number; readonly from: number };
  /** Slow by block (the short oldest one included), ms: `from` above `baseMs`, `to` above ratio × `baseMs`. */
  readonly baseMs: readonly number[];
  /** Bucket of `from`'s p95 without the shared phases; a day of `from` is slow above it. */
  readonly dayBucket: number;
}

/** Buckets by which both arms' median of a block differs from the hold's; the whole's serve its regions and routes too. */
export function blockShifts(grid: Grid, { to, from }: Arms<readonly Histogram[]>): number[] {
  const blocks = Array.from({ length: allBlocks(grid) }, (_, j) =>
    addHistograms([to[j], from?.[j]].filter((one) => one !== undefined)),
  );
  const middle = quantileBucket(addHistograms(blocks), 0.5);
  return blocks.map((block) => {
    const own = histogramSize(block) < LEAST_LATENCIES ? null : quantileBucket(block, 0.5);
    return own === null || middle === null ? 0 : own - middle;
  });
}

/** @returns null when an arm timed nothing */
export function latencyLimits(
  { to, from }: Arms<readonly Histogram[]>,
  shifts: readonly number[],
): LatencyLimits | null {
  const own = quantileBucket(addHistograms(to), P);
  if (from === null || own === null) return null;
  const ofFrom = quantileBucket(addHistograms(from), P);
  const level = quantileBucket(
    addHistograms(
      from,
      shifts.map((shift) => -shift),
    ),
    P,
  );
  if (ofFrom === null || level === null) return null;
  return {
    ownMs: { to: bucketMs(own), from: bucketMs(ofFrom) },
    baseMs: shifts.map((shift) => bucketMs(level + shift)),
    dayBucket: level,
  };
}

/** p95, ms; null without a latency. */
export function p95Ms(histogram: Histogram): number | null {
  const bucket = quantileBucket(histogram, P);
  return bucket === null ? null : bucketMs(bucket);
}
