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

/** Both. */
export function sumCells(
  cells: Cells,
  grid: Grid,
  beside: { readonly trials: Beside; readonly events: Beside },
): { readonly trials: Trials; readonly events: Events } {
  return {
    trials: sumTrials(cells, grid, beside.trials),
    events: sumEvents(cells, grid, beside.events),
  };
}

/** The trials of the first `grid.ticks` ticks. Of cells of a whole hold, with at least so many ticks. */
export function sumTrials({ width, trials }: Cells, grid: Grid, beside: Beside): Trials {
  const { tick, block, ...sums } = scan(trials, trials, width, grid);
  return { ...sums, ...beside, squares: { block: block.xx, tick: tick.xx } };
}

/** The events among them. */
export function sumEvents({ width, trials, events }: Cells, grid: Grid, beside: Beside): Events {
  const { tick, block, ...sums } = scan(events, trials, width, grid);
  return { ...sums, ...beside, squares: { block, tick } };
}

/** One pass over `x`; most cells of events are empty, and `n` is read where they are not. */
function scan(
  x: Uint32Array,
  n: Uint32Array,
  width: number,
  { ticks, blockTicks }: Grid,
): Pick<Trials, 'byBin' | 'byTick'> & { readonly tick: CellProducts; readonly block: CellProducts } {
  const byBin = new Float64Array(USER_BINS);
  const byTick = new Float64Array(ticks);
  const tick = { nx: 0, xx: 0 };
  const block = { nx: 0, xx: 0 };
  for (let bin = 0; bin < byBin.length; bin += 1) {
    const row = bin * width;
    let sum = 0;
    let inBlock = 0;
    // The block that ends the look is whole; what does not fill one is at the start.
    let next = ticks % blockTicks;
    for (let at = 0; at < ticks; at += 1) {
      if (at === next) {
        inBlock = 0;
        next += blockTicks;
      }
      const events = x[row + at] ?? 0;
      if (events > 0) {
        const trials = n[row + at] ?? 0;
        sum += events;
        byTick[at] = (byTick[at] ?? 0) + events;
        tick.nx += trials * events;
        tick.xx += events * events;
        inBlock += events;
      }
      if (at !== next - 1 || inBlock === 0 || at < blockTicks - 1) continue;
      let trials = 0;
      for (let i = row + at + 1 - blockTicks; i <= row + at; i += 1) trials += n[i] ?? 0;
      block.nx += trials * inBlock;
      block.xx += inBlock * inBlock;
    }
    byBin[bin] = sum;
  }
  return { byBin: Array.from(byBin), byTick: Array.from(byTick), tick, block };
}
