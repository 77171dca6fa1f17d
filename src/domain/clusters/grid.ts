/**
 * Time as the rule for clustered traffic counts it: ticks, and blocks of ticks counted back from the end of a look.
 * Invariant: a hold of seconds is cut as a hold of hours is, so both are judged by the same rule.
 */

/** Where the window of a look lies on its ticks. */
export interface Grid {
  /** Length of a tick, ms. */
  readonly tickMs: number;
  /** Ticks of a block. */
  readonly blockTicks: number;
  /** Whole ticks from the start of the window to the end of the look. Ticks of a pause have no number: the next one follows. */
  readonly ticks: number;
}

const LONGEST_TICK_MS = 60_000;
/** A hold has at least so many ticks. */
const TICKS_OF_A_HOLD = 15;
const SHORTEST_BLOCK = 3;
/** Default length of a block, ms. */
const BLOCK_MS = 300_000;
/** A hold has at least so many blocks, where its ticks allow it. */
const BLOCKS_OF_A_HOLD = 5;
/** Blocks that must have passed before anything but a catastrophe may fail. */
const EARLIEST_BLOCKS = 3;

/**
 * Tick and block of a hold: an hour has ticks of a minute and blocks of five, a quarter of an hour blocks of three.
 * @param blockMs length of a block that is wanted; it has three ticks at least, and a hold five blocks
 */
export function timeUnits(holdMs: number, blockMs: number = BLOCK_MS): Pick<Grid, 'tickMs' | 'blockTicks'> {
  const tickMs = Math.min(LONGEST_TICK_MS, holdMs / TICKS_OF_A_HOLD);
  const ticks = Math.round(holdMs / tickMs);
  const wanted = Math.ceil(blockMs / tickMs);
  const blockTicks = Math.max(SHORTEST_BLOCK, Math.min(wanted, Math.floor(ticks / BLOCKS_OF_A_HOLD)));
  return { tickMs, blockTicks };
}

/** A time that was said for ticks of a minute, in ticks of this length, ms. */
export function inTicks(ms: number, tickMs: number): number {
  return (ms * tickMs) / LONGEST_TICK_MS;
}

/** Blocks of a window with the short one at its start, if there is one. */
export function allBlocks({ ticks, blockTicks }: Grid): number {
  return Math.ceil(ticks / blockTicks);
}

/** Block of a tick, 0 the oldest of {@link allBlocks}. */
export function blockOf(grid: Grid, tick: number): number {
  return allBlocks(grid) - 1 - Math.floor((grid.ticks - 1 - tick) / grid.blockTicks);
}

/** When a third of the hold and three blocks have passed, ms from its start. */
export function earliestMs(grid: Grid, holdMs: number): number {
  return Math.max(EARLIEST_BLOCKS * grid.blockTicks * grid.tickMs, holdMs / 3);
}

/** True once anything but a catastrophe may fail. */
export function isPastEarliest(grid: Grid, holdMs: number): boolean {
  // A rounding of the division must not cost a look.
  return grid.ticks * grid.tickMs * (1 + 1e-9) >= earliestMs(grid, holdMs);
}

/** Sums by whole block, the oldest first. */
export function byWholeBlock(byTick: readonly number[], blockTicks: number): number[] {
  const count = Math.floor(byTick.length / blockTicks);
  const start = byTick.length - count * blockTicks;
  return Array.from({ length: count }, (_, block) => {
    let sum = 0;
    for (let i = 0; i < blockTicks; i += 1) sum += byTick[start + block * blockTicks + i] ?? 0;
    return sum;
  });
}
