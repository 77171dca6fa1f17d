/**
 * How much more an arm's rate scatters over its users than independent requests would.
 * Invariant: never below 1, so users can only make a verdict more careful; by arm, because five bad tenants on one color are
 * five, whatever the other color looks like.
 */
import { normalUpperQuantile, studentTUpperQuantile } from '../stats/index.ts';
import type { Series } from './sums.ts';

export interface UserScatter {
  readonly trials: number;
  readonly events: number;
  /** Trials / this is the number of independent requests that the arm is worth. */
  readonly designEffect: number;
  /** Variance of the log rate: of independent requests, and as the user bins show it. */
  readonly independent: number;
  readonly seen: number;
  /** Degrees of freedom behind `seen`: few or unequal users give few. */
  readonly freedom: number;
  /** User bins with trials. */
  readonly bins: number;
}

/**
 * Delta method for the log of a rate, sums over clusters; widened by t over normal for few or unequal users.
 * @param alpha one-sided level of the test that uses it
 * Source: Liang & Zeger (1986); Rao & Scott (1992) for effective sizes by arm; Satterthwaite (1946) for the degrees of freedom.
 */
export function userScatter({ trials, events }: Series, alpha: number): UserScatter {
  const n = total(trials.byBin);
  const x = total(events.byBin);
  const rate = n === 0 ? 0 : x / n;
  let [bins, squares, fourths] = [0, 0, 0];
  for (const [bin, count] of trials.byBin.entries()) {
    if (count === 0) continue;
    bins += 1;
    const q = x === 0 ? 0 : (((events.byBin[bin] ?? 0) - rate * count) / x) ** 2;
    squares += q;
    fourths += q * q;
  }
  const counts = { trials: n, events: x, bins };
  // One bin has no scatter to measure: its events are one.
  if (bins < 2) return { ...counts, designEffect: Math.max(1, x), independent: 0, seen: 0, freedom: 0 };
  const seen = (bins / (bins - 1)) * squares;
  const independent = x === 0 ? 0 : (1 - rate) / x;
  const freedom =
    fourths === 0 ? bins - 1 : Math.floor(Math.min(bins - 1, Math.max(1, (3 * seen * seen) / fourths - 1)));
  const excess = independent === 0 ? 0 : Math.max(0, seen / independent - 1);
  return {
    ...counts,
    designEffect: 1 + (excess === 0 ? 0 : excess * widening(alpha, freedom)),
    independent,
    seen,
    freedom,
  };
}

/** (t/z)²: what a variance with few degrees of freedom is worth less at a one-sided level. */
export function widening(alpha: number, freedom: number): number {
  return (studentTUpperQuantile(alpha, freedom) / normalUpperQuantile(alpha)) ** 2;
}

export function total(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
