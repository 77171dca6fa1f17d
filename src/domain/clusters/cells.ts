/**
 * The counters behind the sums: user bin × tick, filled line by line, and what a look makes of them.
 * Invariant: cells of any two sets of lines add up; only then are they squared. They do not grow with users or lines.
 */
import type { Grid } from './grid.ts';
import { USER_BINS, type CellProducts, type Events, type Trials } from './sums.ts';

/** Counts of one arm, `[bin * width + tick]`, ticks from the start of the hold. */
export interface Cells {
  readonly width: number;
  readonly trials: Uint32Array;
  readonly events: Uint32Array;
  /** Room to add cells up by block; zero but while that is done. */
  readonly blocks: Uint32Array;
}

export function emptyCells(width: number): Cells {
  const size = USER_BINS * width;
  const zeros = (): Uint32Array => new Uint32Array(size);
  return { width, trials: zeros(), events: zeros(), blocks: zeros() };
}

/** Counts by instance bin and distinct users, which cells do not know. */
export interface Beside {
  readonly byInstance: readonly number[];
  readonly users: number;
}

/**
 * Trials of the first `grid.ticks` ticks.
 * @param filled each cell of those with a trial, once, in any order
 */
export function sumTrials(cells: Cells, grid: Grid, beside: Beside, filled: Int32Array): Trials {
  const { tick, block, ...sums } = addUp(cells, cells.trials, grid, filled);
  return { ...sums, ...beside, squares: { block: block.xx, tick: tick.xx } };
}

/** As {@link sumTrials}, of events. */
export function sumEvents(cells: Cells, grid: Grid, beside: Beside, filled: Int32Array): Events {
  const { tick, block, ...sums } = addUp(cells, cells.events, grid, filled);
  return { ...sums, ...beside, squares: { block, tick } };
}

/** Most cells of events are empty: those that are not are all that is looked at. */
function addUp(
  { width, trials: n, blocks }: Cells,
  x: Uint32Array,
  { ticks, blockTicks }: Grid,
  filled: Int32Array,
): Pick<Trials, 'byBin' | 'byTick'> & { readonly tick: CellProducts; readonly block: CellProducts } {
  const byBin = new Float64Array(USER_BINS);
  const byTick = new Float64Array(ticks);
  const tick = { nx: 0, xx: 0 };
  const block = { nx: 0, xx: 0 };
  // Blocks are whole ones counted back from the end: what does not fill one is at the start.
  const short = ticks % blockTicks;
  const starts = new Int32Array(filled.length);
  let count = 0;
  for (const cell of filled) {
    const bin = Math.floor(cell / width);
    const at = cell - bin * width;
    const events = x[cell] ?? 0;
    byBin[bin] = (byBin[bin] ?? 0) + events;
    byTick[at] = (byTick[at] ?? 0) + events;
    tick.nx += events * (n[cell] ?? 0);
    tick.xx += events * events;
    if (at < short) continue;
    const start = cell - ((at - short) % blockTicks);
    if (blocks[start] === 0) starts[count++] = start;
    blocks[start] = (blocks[start] ?? 0) + events;
  }
  for (const start of starts.subarray(0, count)) {
    const events = blocks[start] ?? 0;
    let trials = 0;
    for (let i = start; i < start + blockTicks; i += 1) trials += n[i] ?? 0;
    block.nx += events * trials;
    block.xx += events * events;
    blocks[start] = 0;
  }
  return { byBin: Array.from(byBin), byTick: Array.from(byTick), tick, block };
}
