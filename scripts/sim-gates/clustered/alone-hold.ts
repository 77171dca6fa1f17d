/** Judges a look after the flip, when only `to` has users. */
import {
  aloneLimits,
  countAbove,
  judgeErrorRateAlone,
  judgeLatencyAlone,
  sameHours,
  type DayBlocks,
  type Grid,
  type LookTerms,
} from '../../../src/domain/clusters/index.ts';
import type { Family } from './family.ts';
import type { Judge, Past } from './hold.ts';
import { histogramsOf, recentOf, seriesOf, type PartLines, type RecentSpan } from './part.ts';

const LIMITS = { errorRatio: 1.2, errorFloor: 0.001 };
const LATENCY_RATIO = 1.25;
const CATASTROPHE_P95 = 5;

export function judgeAlone(look: {
  readonly family: Family;
  readonly part: PartLines;
  readonly grid: Grid;
  readonly span: RecentSpan;
  readonly past: Past;
  readonly blocksOfHold: number;
}): Judge {
  const { part, grid, span, past, blocksOfHold } = look;
  const blockMs = grid.blockTicks * grid.tickMs;
  const blocks = Math.floor(grid.ticks / grid.blockTicks);
  // The day ends where the hold begins.
  const startMs = (grid.ticks % grid.blockTicks) * grid.tickMs;
  const hours = (day: DayBlocks) => sameHours({ blocks: day, endMs: 0, blockMs }, startMs, blocks);
  if (past.errors !== null) {
    const day = past.errors;
    const failed = (line: number): boolean => part.lines.value[line] === 1;
    const sums = {
      grid,
      arms: { to: seriesOf(part, grid, failed), from: null },
      recent: { to: recentOf(part, span, failed), from: null },
    };
    const ruling = (_: unknown, terms: LookTerms) =>
      judgeErrorRateAlone(sums, LIMITS, terms, day, hours(day), blocksOfHold);
    return { shifts: null, ruling };
  }
  const histograms = past.latency ?? [];
  const blocksThere = histograms.map((one) =>
    one === null ? null : { trials: countAbove(one, -1), events: 0 },
  );
  const at = hours(blocksThere);
  const limits = aloneLimits(histograms, at);
  if (limits === null) return { shifts: null, ruling: () => null };
  const { baseMs, dayBucket, all } = limits;
  const day = histograms.map((one) =>
    one === null ? null : { trials: countAbove(one, -1), events: countAbove(one, dayBucket) },
  );
  const over = (ms: number) => (line: number) => (part.lines.value[line] ?? 0) > ms;
  const own = histogramsOf(part, grid);
  const ownMs = aloneLimits(own, { first: null, blocks: own.length })?.baseMs ?? Infinity;
  const { trials, events } = seriesOf(part, grid, over(ownMs));
  const sums = {
    grid,
    arms: {
      to: {
        histograms: own,
        trials,
        own: events,
        slow: { [LATENCY_RATIO]: seriesOf(part, grid, over(LATENCY_RATIO * baseMs)).events },
      },
      from: null,
    },
    recent: { to: recentOf(part, span, over(CATASTROPHE_P95 * baseMs)), from: null },
  };
  return {
    shifts: null,
    ruling: (_, terms) => judgeLatencyAlone(sums, LATENCY_RATIO, terms, { all, day, at, blocksOfHold }),
  };
}
