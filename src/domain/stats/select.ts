/**
 * Picks a few order statistics out of many values without sorting them all.
 * Invariant: the caller's array is never modified, and the result equals sorting and indexing.
 * Quickselect with median-of-three pivots; a range that shrinks too slowly is sorted outright, so
 * an adversarial input costs O(n log n), never O(n^2).
 */
import { at } from './checks.ts';

function swap(v: Float64Array, i: number, j: number): void {
  const keep = at(v, i);
  v[i] = at(v, j);
  v[j] = keep;
}

/** Partitions v[low..high] and places the element of index k; everything left of k is <= it, right >= it. */
function place(v: Float64Array, from: number, to: number, k: number): void {
  let low = from;
  let high = to;
  let budget = 3 * Math.ceil(Math.log2(high - low + 2)) + 8;
  while (high - low > 32) {
    budget -= 1;
    if (budget < 0) break;
    const middle = (low + high) >> 1;
    if (at(v, middle) < at(v, low)) swap(v, middle, low);
    if (at(v, high) < at(v, low)) swap(v, high, low);
    if (at(v, high) < at(v, middle)) swap(v, high, middle);
    const pivot = at(v, middle);
    let i = low;
    let j = high;
    while (i <= j) {
      while (at(v, i) < pivot) i += 1;
      while (at(v, j) > pivot) j -= 1;
      if (i <= j) {
        swap(v, i, j);
        i += 1;
        j -= 1;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
  v.subarray(low, high + 1).sort();
}

/**
 * Order statistics of `values`.
 * @param values finite numbers in any order; not modified
 * @param ranks 1-based ranks, each an integer in [1, values.length], in any order
 * @returns the values of those ranks, in the order of `ranks`
 * @throws RangeError if a rank lies outside [1, n]
 * Source: Hoare (1961), "Algorithm 65: Find".
 */
export function orderStatistics(values: ArrayLike<number>, ranks: readonly number[]): number[] {
  const n = values.length;
  for (const rank of ranks) {
    if (!Number.isInteger(rank) || rank < 1 || rank > n) {
      throw new RangeError(`rank must be an integer in [1, ${n}], got ${rank}`);
    }
  }
  return takeOrderStatistics(Float64Array.from(values), ranks);
}

/** As {@link orderStatistics}, unchecked and reordering `scratch` in place: for buffers built to be thrown away. */
export function takeOrderStatistics(scratch: Float64Array, ranks: readonly number[]): number[] {
  // Ascending order lets each search start right of the previous rank.
  const ascending = [...new Set(ranks)].sort((a, b) => a - b);
  let from = 0;
  for (const rank of ascending) {
    place(scratch, from, scratch.length - 1, rank - 1);
    from = rank;
  }
  return ranks.map((rank) => at(scratch, rank - 1));
}

/** Median of a throw-away buffer (mean of the two middle values when n is even). Reorders `scratch`. */
export function takeMedian(scratch: Float64Array): number {
  const n = scratch.length;
  const [a = NaN, b = NaN] = takeOrderStatistics(scratch, [(n + 1) >> 1, (n + 2) >> 1]);
  return (a + b) / 2;
}
