/** Builds sums from small lists of cells, as an engine would from lines. */
import { emptyCells, sumEvents, sumTrials } from '../../../src/domain/clusters/cells.ts';
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
  const cellOf = ({ bin, tick }: Cell): number => bin * grid.ticks + tick;
  for (const cell of cells) {
    const at = cellOf(cell);
    counters.trials[at] = (counters.trials[at] ?? 0) + cell.n;
    counters.events[at] = (counters.events[at] ?? 0) + cell.x;
  }
  const withSome = (count: (cell: Cell) => number) => {
    const some = cells.filter((cell) => count(cell) > 0);
    return {
      bins: new Set(some.map(({ bin }) => bin)).size,
      filled: Int32Array.from(new Set(some.map(cellOf))),
    };
  };
  const [trials, events] = [withSome(({ n }) => n), withSome(({ x }) => x)];
  const beside = (count: number) => ({ byInstance: [], users: count });
  return {
    trials: sumTrials(counters, grid, beside(users?.seen ?? trials.bins), trials.filled),
    events: sumEvents(counters, grid, beside(users?.affected ?? events.bins), events.filled),
  };
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
