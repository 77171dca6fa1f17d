/** Builds sums from small lists of cells, as an engine would from lines. */
import { emptyCells, sumCells } from '../../../src/domain/clusters/cells.ts';
import type { Grid } from '../../../src/domain/clusters/grid.ts';
import type { Recent, Series } from '../../../src/domain/clusters/sums.ts';

/** Trials and events of one cell. */
export interface Cell {
  readonly bin: number;
  readonly tick: number;
  readonly n: number;
  readonly x: number;
}

/** @param users distinct users seen and affected; default: one a bin */
export function seriesOf(
  cells: readonly Cell[],
  grid: Grid,
  users?: { readonly seen: number; readonly affected: number },
): Series {
  const counters = emptyCells(grid.ticks);
  for (const { bin, tick, n, x } of cells) {
    const at = bin * grid.ticks + tick;
    counters.trials[at] = (counters.trials[at] ?? 0) + n;
    counters.events[at] = (counters.events[at] ?? 0) + x;
  }
  const bins = (of: (cell: Cell) => number): number =>
    new Set(cells.filter((cell) => of(cell) > 0).map((cell) => cell.bin)).size;
  return sumCells(counters, grid, {
    trials: { byInstance: [], users: users?.seen ?? bins((cell) => cell.n) },
    events: { byInstance: [], users: users?.affected ?? bins((cell) => cell.x) },
  });
}

/** Each request a cell of its own: Σn² = Σn, Σnx = Σx² = Σx. Only the ticks count. */
export function ticksOf(n: number, x: readonly number[]): Series {
  const [trials, events] = [n * x.length, x.reduce((sum, count) => sum + count, 0)];
  const products = { nx: events, xx: events };
  return {
    trials: {
      byBin: [],
      byTick: x.map(() => n),
      byInstance: [],
      users: trials,
      squares: { block: trials, tick: trials },
    },
    events: {
      byBin: [],
      byTick: x,
      byInstance: [],
      users: events,
      squares: { block: products, tick: products },
    },
  };
}

export const NOTHING_RECENT: Recent = { trials: [], events: [], users: 0, affected: 0 };
