/**
 * The shape every interval in this folder returns.
 * Invariant: lower <= estimate <= upper whenever the estimate is defined.
 * A bound that the data cannot support is infinite (or the edge of the parameter space), so that
 * "lower > limit" and "upper <= limit" are both false and the verdict stays inconclusive.
 */

/** An estimate with two one-sided bounds; each bound is wrong with probability at most `alpha`. */
export interface Interval {
  /** Point estimate in the unit of the data; NaN when there is no data at all. */
  readonly estimate: number;
  /** Lower one-sided bound; -Infinity (or the parameter's minimum) if the data give none. */
  readonly lower: number;
  /** Upper one-sided bound; Infinity (or the parameter's maximum) if the data give none. */
  readonly upper: number;
}
