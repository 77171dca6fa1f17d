/** Judges a look after the flip, when only `to` has users. */
import {
  aloneLimits,
  judgeErrorRateAlone,
  judgeLatencyAlone,
  sameHours,
  type DayBlocks,
  type Grid,
  type LookTerms,
} from '../../../src/domain/clusters/index.ts';
import type { Judge } from './hold.ts';
import { always, errorSeries, FAILED, type PartLines, type RecentSpan } from './part.ts';
import type { Past } from './past.ts';

const LIMITS = { errorRatio: 1.2, errorFloor: 0.001 };
const LATENCY_RATIO = 1.25;
const CATASTROPHE_P95 = 5;

export function judgeAlone(look: {
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
    const sums = {
      grid,
      arms: { to: errorSeries(part, grid), from: null },
      recent: { to: part.recent(span, FAILED), from: null },
    };
    const ruling = (_: unknown, terms: LookTerms) =>
      judgeErrorRateAlone(sums, LIMITS, terms, day, hours(day), blocksOfHold);
    return ruling;
  }
  if (past.latency === null) return () => null;
  const at = hours(past.latency.counted(Infinity));
  const limits = aloneLimits(past.latency.blocks, at);
  if (limits === null) return () => null;
  const { baseMs, dayBucket, all } = limits;
  const day = past.latency.counted(dayBucket);
  const own = part.histograms(grid);
  const ownMs = aloneLimits(own, { first: null, blocks: own.length })?.baseMs ?? Infinity;
  const sums = {
    grid,
    arms: {
      to: {
        histograms: own,
        trials: part.trials(grid),
        own: part.events(grid, always(grid, ownMs)),
        slow: { [LATENCY_RATIO]: part.events(grid, always(grid, LATENCY_RATIO * baseMs)) },
      },
      from: null,
    },
    recent: { to: part.recent(span, CATASTROPHE_P95 * baseMs), from: null },
  };
  return (_, terms) => judgeLatencyAlone(sums, LATENCY_RATIO, terms, { all, day, at, blocksOfHold });
}
