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
}

export function emptyCells(width: number): Cells {
  const size = USER_BINS * width;
  return { width, trials: new Uint32Array(size), events: new Uint32Array(size) };
}

/** Counts by instance bin and distinct users, which cells do not know. */
export interface Beside {
  readonly byInstance: readonly number[];
  readonly users: number;
}

/**
 * The trials and events of the first `grid.ticks` ticks.
 * @param cells of a whole hold, with at least so many ticks
 */
export function sumCells(
  cells: Cells,
  grid: Grid,
  beside: { readonly trials: Beside; readonly events: Beside },
): { readonly trials: Trials; readonly events: Events } {
  const { ticks, blockTicks } = grid;
  const { width } = cells;
  const n = sums(cells.trials, width, ticks);
  const x = sums(cells.events, width, ticks);
  const perTick = products(cells, ticks, 0, 1);
  const perBlock = products(cells, ticks, ticks % blockTicks, blockTicks);
  return {
    trials: { ...n, ...beside.trials, squares: { block: perBlock.nn, tick: perTick.nn } },
    events: {
      ...x,
      ...beside.events,
      squares: {
        block: { nx: perBlock.nx, xx: perBlock.xx },
        tick: { nx: perTick.nx, xx: perTick.xx },
      },
    },
  };
}

function sums(counts: Uint32Array, width: number, ticks: number): Pick<Trials, 'byBin' | 'byTick'> {
  const byBin = Array.from({ length: USER_BINS }, () => 0);
  const byTick = Array.from({ length: ticks }, () => 0);
  for (let bin = 0; bin < USER_BINS; bin += 1) {
    let sum = 0;
    for (let tick = 0; tick < ticks; tick += 1) {
      const count = counts[bin * width + tick] ?? 0;
      sum += count;
      byTick[tick] = (byTick[tick] ?? 0) + count;
    }
    byBin[bin] = sum;
  }
  return { byBin, byTick };
}

/** Σn², Σnx, Σx² over cells of `step` ticks, from tick `start` on. */
function products(
  { trials, events, width }: Cells,
  ticks: number,
  start: number,
  step: number,
): CellProducts & { readonly nn: number } {
  let [nn, nx, xx] = [0, 0, 0];
  for (let bin = 0; bin < USER_BINS; bin += 1) {
    const row = bin * width;
    for (let tick = start; tick < ticks; tick += step) {
      let [n, x] = [0, 0];
      for (let i = row + tick; i < row + tick + step; i += 1) {
        n += trials[i] ?? 0;
        x += events[i] ?? 0;
      }
      nn += n * n;
      nx += n * x;
      xx += x * x;
    }
  }
  return { nn, nx, xx };
}
