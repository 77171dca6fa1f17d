/**
 * Midranks: the common ground of the rank statistics.
 * Invariant: ranks sum to n (n + 1) / 2, equal values share one rank, and twice a midrank is an integer.
 */
import { at } from './checks.ts';

export interface Midranks {
  /** Midrank of each value, in input order. */
  readonly ranks: Float64Array;
  /** Sum of t^3 - t over groups of t equal values; 0 when nothing ties. */
  readonly tieTerm: number;
}

/** Ranks values from 1, equal values sharing the mean of their ranks. Unchecked: callers validate. */
export function midranks(values: ArrayLike<number>): Midranks {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => at(values, i) - at(values, j));
  const ranks = new Float64Array(n);
  let tieTerm = 0;
  for (let start = 0; start < n;) {
    const value = at(values, at(order, start));
    let end = start + 1;
    while (end < n && at(values, at(order, end)) === value) end += 1;
    for (let i = start; i < end; i += 1) ranks[at(order, i)] = (start + 1 + end) / 2;
    const tied = end - start;
    tieTerm += tied ** 3 - tied;
    start = end;
  }
  return { ranks, tieTerm };
}
