/**
 * The two passes over lines in memory: what an engine answers to `sums` and `blocks`.
 * Invariant: it only counts; what is slow and which parts are judged comes from the limits, and lines of one instant have one order,
 * so an engine of any other kind gives the same numbers for the same lines.
 */
import type { Color } from '../color.ts';
import type { CountedLine } from './counted-line.ts';
import { columnsOf } from './line-columns.ts';
import { lookupsOf } from './lookups.ts';
import { newClasses, usersAtRisk } from './new-classes.ts';
import { histogramsByBlock, partHistograms } from './part-histograms.ts';
import { partLines } from './part-lines.ts';
import { partSums } from './part-sums.ts';
import type { Part, PartHistograms, PartLimits, SumsTerms, TrafficBlocks, TrafficSums } from './parts.ts';
import { SeriesCounter } from './series-counter.ts';

/**
 * @param lines of one service, in any order; those outside of the ticks and of other colors are left out
 * @param limits called once, between the passes
 * @throws RangeError when a limit is of a part that has no line
 */
export function countLines(
  lines: Iterable<CountedLine>,
  terms: SumsTerms,
  limits: (seen: readonly PartHistograms[]) => readonly PartLimits[],
): TrafficSums {
  const { to, from, grid, startMs, sameFailureMs, serverErrors } = terms;
  const hasFrom = from !== null;
  const columns = columnsOf(lines, {
    startMs,
    tickMs: grid.tickMs,
    ticks: grid.ticks,
    colors: { to, from },
    sameFailureMs,
    serverErrors,
  });
  const lookups = hasFrom ? lookupsOf(columns) : null;
  const parts = partLines(columns, hasFrom).map((one) => ({
    ...one,
    seen: partHistograms(columns, lookups, one, terms),
  }));
  const counting = { columns, lookups, counter: new SeriesCounter(columns, terms), terms };
  return {
    terms,
    parts: limits(parts.map(({ seen }) => seen)).map((limit) => {
      const one = parts.find(({ part }) => isSame(part, limit.part));
      if (one === undefined) {
        throw new RangeError(
          `limits of ${limit.part?.dimension ?? ''} ${limit.part?.name ?? ''}: no such line`,
        );
      }
      return partSums(counting, one.lines, one.seen, limit);
    }),
    novelty: { classes: newClasses(columns, terms), users: usersAtRisk(columns, hasFrom) },
  };
}

function isSame(one: Part | null, other: Part | null): boolean {
  return one?.dimension === other?.dimension && one?.name === other?.name;
}

export interface BlocksTerms {
  /** Start of the first block, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly blockMs: number;
  /** As in {@link SumsTerms}. */
  readonly sameFailureMs: number;
  readonly serverErrors: SumsTerms['serverErrors'];
}

/** How many blocks are whole in the range; a rounding of the division costs none. A short last one is not counted. */
export function wholeBlocks({
  fromMs,
  toMs,
  blockMs,
}: Pick<BlocksTerms, 'fromMs' | 'toMs' | 'blockMs'>): number {
  return Math.max(0, Math.floor((toMs - fromMs) / blockMs + 1e-9));
}

/** One color's lines by block. */
export function blocksOf(lines: Iterable<CountedLine>, color: Color, terms: BlocksTerms): TrafficBlocks {
  const { fromMs: startMs, blockMs, sameFailureMs, serverErrors } = terms;
  const count = wholeBlocks(terms);
  const columns = columnsOf(lines, {
    startMs,
    tickMs: blockMs,
    ticks: count,
    colors: { to: color, from: null },
    sameFailureMs,
    serverErrors,
  });
  const { tick, repeats, failure } = columns;
  const [requests, trials, events] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  for (let line = 0; line < columns.count; line += 1) {
    const at = tick[line] ?? 0;
    requests[at] = (requests[at] ?? 0) + 1;
    if (repeats[line] === 1) continue;
    trials[at] = (trials[at] ?? 0) + 1;
    if ((failure.of[line] ?? -1) >= 0) events[at] = (events[at] ?? 0) + 1;
  }
  const all = Int32Array.from({ length: columns.count }, (_, line) => line);
  const each = Int32Array.from({ length: count }, (_, at) => at);
  const final = histogramsByBlock(columns, columns.final, all, each, count);
  const usable = histogramsByBlock(columns, columns.usable, all, each, count);
  return {
    color,
    startMs,
    blockMs,
    blocks: final.map((histogram, at) =>
      requests[at] === 0
        ? null
        : {
            trials: trials[at] ?? 0,
            events: events[at] ?? 0,
            final: histogram,
            usable: usable[at] ?? histogram,
          },
    ),
  };
}
