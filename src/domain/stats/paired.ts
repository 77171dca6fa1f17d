/**
 * Paired comparisons by question: the mean difference, and the exact test of who broke versus who was fixed.
 * Invariant: one number per question goes in (runs are averaged first), because the question is the unit.
 */
import { binomialPmf, binomialUpperTail } from './binomial.ts';
import { at, checkAlpha, checkAllFinite, checkCount, checkPart, checkProbability } from './checks.ts';
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

/** Questions that flipped between two colors, out of those compared. */
export interface FlipCounts {
  /** Good on `from` and bad on `to`; integer >= 0. */
  readonly worse: number;
  /** Bad on `from` and good on `to`; integer >= 0. */
  readonly better: number;
  /** Questions compared on both colors; integer >= worse + better. */
  readonly pairs: number;
}

/**
 * Exact paired test after a stated loss: p = sum over r of P(Bin(pairs, forgiven) = r) M(worse - r, better), where M is
 * {@link mcnemarExact} and M(l, g) = 1 for l <= 0. With `forgiven` 0 it is {@link mcnemarExact} itself.
 * @param forgiven share of all questions that may be lost for a known reason, in [0, 1]
 * @returns the chance that as many are lost when each is with probability `forgiven`, and the rest flips by a fair coin
 * @throws RangeError on counts that do not fit together or a share outside [0, 1]
 * Source: McNemar (1947), convolved with a binomial. Every term is positive, so nothing cancels; cost grows with `worse`.
 */
export function mcnemarBeyond({ worse, better, pairs }: FlipCounts, forgiven: number): number {
  checkCount('better', better);
  checkPart('worse', worse, 'pairs - better', pairs - better);
  checkProbability('forgiven', forgiven);
  let chance = mcnemarExact(worse, better);
  // Where as many as `worse` are forgiven, nothing is left to explain.
  let p = worse === 0 ? 1 : binomialUpperTail(worse - 1, pairs, forgiven);
  for (let left = worse; left > 0; left -= 1) {
    p += binomialPmf(worse - left, pairs, forgiven) * chance;
    // M(l - 1, g) = M(l, g) + P(Bin(l - 1 + g, 1/2) = l - 1) / 2
    chance += 0.5 * binomialPmf(left - 1, left - 1 + better, 0.5);
  }
  return Math.min(1, p);
}

/**
 * Fewest lost questions that {@link mcnemarBeyond} tells from a stated loss when none is gained.
 * @param pairs questions compared; integer >= 0
 * @param forgiven share that may be lost for a known reason, in [0, 1]
 * @param alpha level of the test, in (0, 0.5]
 * @returns null when even the loss of all of them would not reach the level
 * @throws RangeError on an argument out of range
 */
export function fewestTold(pairs: number, forgiven: number, alpha: number): number | null {
  checkAlpha(alpha);
  const isTold = (worse: number): boolean => mcnemarBeyond({ worse, better: 0, pairs }, forgiven) <= alpha;
  let [missed, told] = [0, Math.min(1, pairs)];
  // Outwards from few: a test costs as much as there are lost questions in it.
  while (!isTold(told)) {
    if (told === pairs) return null;
    [missed, told] = [told, Math.min(pairs, 2 * told)];
  }
  while (told - missed > 1) {
    const middle = Math.floor((missed + told) / 2);
    if (isTold(middle)) told = middle;
    else missed = middle;
  }
  return told;
}
