/** Where a look's sums lie in time. */
import { timeUnits, type Grid } from './grid.ts';
import type { SumsTerms } from './parts.ts';

export interface LookWindow {
  /** Start of the evidence, epoch ms. */
  readonly startMs: number;
  /** When it was looked, epoch ms. */
  readonly endMs: number;
  /** Length of the hold as planned, or of the window that slides, ms. */
  readonly holdMs: number;
  /** Length of a block that is wanted, ms. */
  readonly blockMs: number;
  /** Between two looks, ms. */
  readonly everyMs: number;
  /** Looks so far, this one included. */
  readonly looks: number;
}

/** A hold that is one look at once still has a length. */
const SHORTEST_HOLD_MS = 1000;
/** Equal parts of a look in which a catastrophe must show. */
const PARTS_OF_A_LOOK = 3;
const LOOKS = 2;

/** Whole ticks only: what came in after the last of them is of the next look. Null before the first. */
export function lookWindow({
  startMs,
  endMs,
  holdMs,
  everyMs,
  blockMs,
  looks,
}: LookWindow): Pick<SumsTerms, 'startMs' | 'grid' | 'holdMs' | 'recent'> | null {
  const length = Math.max(SHORTEST_HOLD_MS, holdMs);
  const { tickMs, blockTicks } = timeUnits(length, blockMs);
  const ticks = Math.floor((endMs - startMs) / tickMs);
  if (ticks < 1) return null;
  const grid: Grid = { tickMs, blockTicks, ticks };
  const lastMs = startMs + ticks * tickMs;
  const count = Math.min(LOOKS, Math.max(1, looks));
  const recentMs = Math.max(startMs, lastMs - count * Math.max(everyMs, tickMs));
  return { startMs, grid, holdMs: length, recent: { startMs: recentMs, parts: count * PARTS_OF_A_LOOK } };
}
