/** Totals as a source that knows no users would tell them, counted over lines: what such a source is compared with. */
import type { Color } from '../color.ts';
import type { CountedLine } from './counted-line.ts';
import { bucketOfMs, histogramOfCounts, LAST_BUCKET } from './histogram.ts';
import type { SumsTerms } from './parts.ts';
import { isServerError } from './server-error.ts';
import { blockRanges, type ArmTotals, type TrafficTotals } from './totals.ts';

export function countTotals(lines: Iterable<CountedLine>, terms: SumsTerms, source: string): TrafficTotals {
  const all = [...lines];
  const arm = (color: Color): ArmTotals => armTotals(all, color, terms);
  return {
    source,
    terms,
    arms: { to: arm(terms.to), from: terms.from === null ? null : arm(terms.from) },
  };
}

/** One color's. */
export function armTotals(
  lines: readonly CountedLine[],
  color: Color,
  terms: Pick<SumsTerms, 'startMs' | 'grid' | 'serverErrors'>,
): ArmTotals {
  const ranges = blockRanges(terms);
  const blockMs = terms.grid.tickMs * terms.grid.blockTicks;
  const endMs = ranges.at(-1)?.toMs ?? terms.startMs;
  const counts = ranges.map(() => ({
    requests: 0,
    failures: 0,
    final: new Uint32Array(LAST_BUCKET + 1),
  }));
  for (const line of lines) {
    if (line.color !== color || line.atMs < terms.startMs || line.atMs >= endMs) continue;
    // Blocks are counted back from the end of the look; an end belongs to the block after it.
    const block = counts[counts.length - 1 - Math.floor((endMs - line.atMs - 1e-6) / blockMs)];
    if (block === undefined) continue;
    block.requests += 1;
    if (line.error !== null && isServerError(line.error, terms.serverErrors)) block.failures += 1;
    if (!line.ok) continue;
    const bucket = bucketOfMs(line.tfinalMs);
    block.final[bucket] = (block.final[bucket] ?? 0) + 1;
  }
  return {
    requests: counts.map(({ requests }) => requests),
    failures: counts.map(({ failures }) => failures),
    final: counts.map(({ final }) => histogramOfCounts(final)),
  };
}
