/**
 * Wilcoxon signed-rank test and Hodges-Lehmann estimate of paired differences. Descriptive only:
 * with most differences exactly 0 the median-like estimate hides a broken minority.
 * Invariant: exact p-values are conditional on the midranks seen, so ties need no approximation.
 */
import { at, checkAllFinite } from './checks.ts';
import { normalUpperTail } from './normal.ts';
import { midranks } from './ranks.ts';
import { takeMedian } from './select.ts';

export interface SignedRank {
  /** Differences used: those that are not 0. */
  readonly n: number;
  /** Differences equal to 0, left out of the test (Wilcoxon's rule). */
  readonly zeros: number;
  /** Sum of the midranks of the positive differences. */
  readonly wPlus: number;
  /** P(W+ >= observed) if the differences are symmetric about 0; small when green is larger. */
  readonly pGreater: number;
  /** P(W+ <= observed) under the same hypothesis. */
  readonly pLess: number;
  readonly method: 'exact' | 'normal';
}

/**
 * Wilcoxon signed-rank test of symmetry about 0.
 * @param differences finite numbers, one per question
 * @param options exactLimit: up to this many non-zero differences the exact law is used, default 100, at most 500
 * @returns no non-zero difference: wPlus 0, both p-values 1
 * @throws RangeError on a non-finite difference or an exactLimit that is not an integer in [0, 500]
 * Source: Wilcoxon (1945); normal law with tie correction and continuity correction 1/2 (Pratt & Gibbons).
 */
export function signedRankTest(
  differences: ArrayLike<number>,
  options: { readonly exactLimit?: number } = {},
): SignedRank {
  const { exactLimit = 100 } = options;
  checkAllFinite('differences', differences);
  if (!Number.isInteger(exactLimit) || exactLimit < 0 || exactLimit > 500) {
    throw new RangeError(`exactLimit must be an integer in [0, 500], got ${exactLimit}`);
  }
  const kept = Float64Array.from(differences).filter((value) => value !== 0);
  const n = kept.length;
  const zeros = differences.length - n;
  const { ranks, tieTerm } = midranks(kept.map(Math.abs));
  let wPlus = 0;
  for (let i = 0; i < n; i += 1) if (at(kept, i) > 0) wPlus += at(ranks, i);
  if (n === 0) return { n, zeros, wPlus, pGreater: 1, pLess: 1, method: 'exact' };
  const tails = n <= exactLimit ? exactTails(ranks, wPlus) : normalTails(n, tieTerm, wPlus);
  return { n, zeros, wPlus, ...tails };
}

type Tails = Pick<SignedRank, 'pGreater' | 'pLess' | 'method'>;

/** Distribution of 2 W+ by adding one rank at a time, each with probability 1/2. */
function exactTails(ranks: Float64Array, wPlus: number): Tails {
  const total = ranks.length * (ranks.length + 1);
  const law = new Float64Array(total + 1);
  law[0] = 1;
  let reach = 0;
  for (const rank of ranks) {
    const doubled = 2 * rank;
    reach += doubled;
    for (let s = reach; s >= 0; s -= 1) {
      law[s] = 0.5 * (at(law, s) + (s >= doubled ? at(law, s - doubled) : 0));
    }
  }
  const observed = 2 * wPlus;
  // Each tail is summed from its thin end, so small p-values keep their digits.
  let pGreater = 0;
  for (let s = total; s >= observed; s -= 1) pGreater += at(law, s);
  let pLess = 0;
  for (let s = 0; s <= observed; s += 1) pLess += at(law, s);
  return { pGreater: Math.min(1, pGreater), pLess: Math.min(1, pLess), method: 'exact' };
}

function normalTails(n: number, tieTerm: number, wPlus: number): Tails {
  const center = (n * (n + 1)) / 4;
  const sd = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieTerm / 48);
  return {
    pGreater: normalUpperTail((wPlus - center - 0.5) / sd),
    pLess: normalUpperTail((center - wPlus - 0.5) / sd),
    method: 'normal',
  };
}

/**
 * Hodges-Lehmann estimate: the median of all pairwise means (x_i + x_j) / 2, i <= j. Zeros count.
 * @param differences finite numbers; empty gives NaN
 * @returns the pseudo-median in the unit of the differences; memory grows with n^2 (n = 2000: 16 MB)
 * @throws RangeError on a non-finite difference
 * Source: Hodges & Lehmann (1963).
 */
export function hodgesLehmann(differences: ArrayLike<number>): number {
  checkAllFinite('differences', differences);
  const n = differences.length;
  if (n === 0) return NaN;
  const means = new Float64Array((n * (n + 1)) / 2);
  let next = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = i; j < n; j += 1) {
      means[next] = (at(differences, i) + at(differences, j)) / 2;
      next += 1;
    }
  }
  return takeMedian(means);
}
