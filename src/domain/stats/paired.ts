/**
 * Paired comparisons by question: the mean difference, and the exact test of who broke versus who was fixed.
 * Invariant: one number per question goes in (runs are averaged first), because the question is the unit.
 */
import { binomialUpperTail } from './binomial.ts';
import { at, checkAlpha, checkAllFinite, checkCount } from './checks.ts';
import type { Interval } from './interval.ts';
import { studentTUpperQuantile } from './student-t.ts';

/** Mean of paired differences with t bounds. */
export interface PairedMean extends Interval {
  readonly n: number;
  /** Sample standard deviation of the differences (n - 1); 0 when n < 2. */
  readonly sd: number;
}

/**
 * Mean of paired differences (green - blue per question) with one-sided t bounds.
 * @param differences finite numbers, one per question
 * @param options alpha per bound (one-sided), default 0.05
 * @returns n = 0: estimate NaN, infinite bounds; n = 1: infinite bounds; all equal: bounds equal the mean
 * @throws RangeError on a non-finite difference or a bad alpha
 * Source: Student's one-sample t interval, two-pass variance.
 */
export function pairedMeanInterval(
  differences: ArrayLike<number>,
  options: { readonly alpha?: number } = {},
): PairedMean {
  const { alpha = 0.05 } = options;
  checkAllFinite('differences', differences);
  checkAlpha(alpha);
  const n = differences.length;
  const estimate = mean(differences);
  if (n < 2) return { n, sd: 0, estimate, lower: -Infinity, upper: Infinity };
  let squares = 0;
  for (let i = 0; i < n; i += 1) squares += (at(differences, i) - estimate) ** 2;
  const sd = Math.sqrt(squares / (n - 1));
  const half = (studentTUpperQuantile(alpha, n - 1) * sd) / Math.sqrt(n);
  return { n, sd, estimate, lower: estimate - half, upper: estimate + half };
}

/** Arithmetic mean, left to right (bit-identical on replay); NaN for an empty list. */
export function mean(values: ArrayLike<number>): number {
  const n = values.length;
  if (n === 0) return NaN;
  const first = at(values, 0);
  let sum = 0;
  let constant = true;
  for (let i = 0; i < n; i += 1) {
    const value = at(values, i);
    sum += value;
    constant &&= value === first;
  }
  // n * 0.1 / n need not be 0.1; equal values must have exactly themselves as the mean.
  return constant ? first : sum / n;
}

/**
 * Exact one-sided sign / McNemar test on discordant questions.
 * @param worse questions that green made worse (newly critical), integer >= 0
 * @param better questions that green fixed, integer >= 0
 * @returns P(at least `worse` of all discordant ones | fair coin); 1 when nothing is discordant
 * @throws RangeError on a count that is not an integer >= 0
 * Source: McNemar (1947), exact form; reference 2.6, p = sum_{i >= k} C(m, i) / 2^m.
 */
export function mcnemarExact(worse: number, better: number): number {
  checkCount('worse', worse);
  checkCount('better', better);
  if (worse === 0) return 1;
  return binomialUpperTail(worse - 1, worse + better, 0.5);
}
