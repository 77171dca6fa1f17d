/** The first pass: histograms by block, and strata of cache lookups. */
import { allBlocks, blockOf } from './grid.ts';
import { LAST_BUCKET, type Histogram } from './histogram.ts';
import type { Columns, Latencies } from './line-columns.ts';
import type { Lookups } from './lookups.ts';
import { mapArms, type PartLines } from './part-lines.ts';
import type { PartHistograms, SumsTerms } from './parts.ts';
import { STRATA, type Arms, type Strata } from './sums.ts';

export function partHistograms(
  columns: Columns,
  lookups: Lookups | null,
  { part, lines }: PartLines,
  { grid }: SumsTerms,
): PartHistograms {
  const blocks = allBlocks(grid);
  const block = Int32Array.from({ length: grid.ticks }, (_, tick) => blockOf(grid, tick));
  const histograms = (latencies: Latencies): Arms<Histogram[]> =>
    mapArms(lines, (arm) => histogramsByBlock(columns, latencies, arm, block, blocks));
  return {
    part,
    requests: mapArms(lines, ({ length }) => length),
    final: histograms(columns.final),
    usable: histograms(columns.usable),
    strata: lookups === null ? null : strata(lookups, lines),
  };
}

/**
 * @param lines in order of time
 * @param block of each tick
 */
export function histogramsByBlock(
  { tick }: Columns,
  { bucket }: Latencies,
  lines: Int32Array,
  block: Int32Array,
  blocks: number,
): Histogram[] {
  const counts = new Uint32Array(LAST_BUCKET + 1);
  let next = 0;
  // A day of short blocks has tens of thousands of them: one set of counters serves all.
  return Array.from({ length: blocks }, (_, at) => {
    let [first, last] = [counts.length, -1];
    for (; next < lines.length; next += 1) {
      const line = lines[next] ?? 0;
      if (block[tick[line] ?? 0] !== at) break;
      const one = bucket[line] ?? -1;
      if (one < 0) continue;
      counts[one] = (counts[one] ?? 0) + 1;
      if (one < first) first = one;
      if (one > last) last = one;
    }
    if (last < 0) return { first: 0, counts: [] };
    const histogram = { first, counts: Array.from(counts.subarray(first, last + 1)) };
    counts.fill(0, first, last + 1);
    return histogram;
  });
}

/** Null where no line of the part is a lookup of a route with a reference lifetime. */
function strata(lookups: Lookups, lines: Arms<Int32Array>): Arms<Strata> | null {
  const counts = (line: number): boolean => lookups.counts[line] === 1;
  if (!lines.to.some(counts) && lines.from?.some(counts) !== true) return null;
  return mapArms(lines, (arm) => strataOf(lookups, arm));
}

function strataOf({ stratum, isHit }: Lookups, lines: Int32Array): Strata {
  const zeros = (): number[] => Array.from({ length: STRATA }, () => 0);
  const [trials, hits] = [zeros(), zeros()];
  for (const line of lines) {
    const h = stratum[line] ?? -1;
    if (h < 0) continue;
    trials[h] = (trials[h] ?? 0) + 1;
    hits[h] = (hits[h] ?? 0) + (isHit[line] ?? 0);
  }
  return { trials, hits };
}
