/**
 * Mann-Whitney U: area under the ROC curve for calibration, and the test with a Hodges-Lehmann
 * interval that Kayenta's judge uses (kept for comparison; it is the wrong tool for a p95).
 * Invariant: U counts pairs with first > second, ties one half, so AUC = U / (m n) in [0, 1].
 */
import { at, checkAlpha, checkAllFinite } from './checks.ts';
import type { Interval } from './interval.ts';
import { normalUpperQuantile, normalUpperTail } from './normal.ts';
import { midranks } from './ranks.ts';
import { takeMedian, takeOrderStatistics } from './select.ts';

export interface MannWhitney {
  /** Pairs with first > second, ties counted one half. */
  readonly u: number;
  /** P(first > second) + P(equal) / 2. */
  readonly auc: number;
  /** P(U >= observed) if both samples follow one law; small when the first is larger. */
  readonly pGreater: number;
  /** P(U <= observed) under the same hypothesis. */
  readonly pLess: number;
  /** min(1, 2 min(pGreater, pLess)). */
  readonly pTwoSided: number;
  /** Hodges-Lehmann shift first - second with one-sided bounds, in the unit of the values. */
  readonly shift: Interval;
  readonly method: 'exact' | 'normal';
}

/** The exact law costs (m n)^2 steps and memory n * m n; beyond 50 per arm the normal law is good to 3 digits. */
const EXACT_LIMIT = 50;
/** Pairwise differences held in memory: 160 MB. */
const MAX_PAIRS = 2e7;

function checkSamples(first: ArrayLike<number>, second: ArrayLike<number>): void {
  if (first.length === 0 || second.length === 0) throw new RangeError('both samples need at least one value');
  checkAllFinite('first', first);
  checkAllFinite('second', second);
}

function uStatistic(first: ArrayLike<number>, second: ArrayLike<number>): { u: number; tieTerm: number } {
  const m = first.length;
  const pooled = new Float64Array(m + second.length);
  pooled.set(Float64Array.from(first));
  pooled.set(Float64Array.from(second), m);
  const { ranks, tieTerm } = midranks(pooled);
  let sum = 0;
  for (let i = 0; i < m; i += 1) sum += at(ranks, i);
  return { u: sum - (m * (m + 1)) / 2, tieTerm };
}

/**
 * Mann-Whitney test of first against second, with the Hodges-Lehmann shift and its bounds.
 * @param first at least one finite number
 * @param second at least one finite number
 * @param options alpha per bound (one-sided), default 0.01 (Kayenta's 98 % interval)
 * @returns exact when nothing ties and both samples hold at most 50 values, else normal with tie and
 *   continuity corrections; bounds are infinite where the samples are too small for the level
 * @throws RangeError on an empty sample, a non-finite value, a bad alpha, or more than 2e7 pairs
 * Source: Mann & Whitney (1947); Hollander & Wolfe, 4.2-4.3 (bounds are order statistics of the differences).
 */
export function mannWhitney(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { readonly alpha?: number } = {},
): MannWhitney {
  const { alpha = 0.01 } = options;
  checkSamples(first, second);
  checkAlpha(alpha);
  const m = first.length;
  const n = second.length;
  const pairs = m * n;
  if (pairs > MAX_PAIRS) throw new RangeError(`m n must be <= ${MAX_PAIRS}, got ${m} * ${n}`);
  const { u, tieTerm } = uStatistic(first, second);
  const exact = tieTerm === 0 && m <= EXACT_LIMIT && n <= EXACT_LIMIT;
  const test = exact ? exactTest(m, n, u, alpha) : normalTest(m, n, tieTerm, u, alpha);
  const pTwoSided = Math.min(1, 2 * Math.min(test.pGreater, test.pLess));
  return {
    u,
    auc: u / pairs,
    pGreater: test.pGreater,
    pLess: test.pLess,
    pTwoSided,
    shift: shiftInterval(first, second, test.rank),
    method: exact ? 'exact' : 'normal',
  };
}

/** `rank`: the order statistic of the differences that serves as lower bound; below 1 there is none. */
interface TestTails {
  readonly pGreater: number;
  readonly pLess: number;
  readonly rank: number;
}

/** Law of U by the last-element recursion; only additions of positive terms, so tails are accurate. */
function exactTest(m: number, n: number, u: number, alpha: number): TestTails {
  const pairs = m * n;
  let rows = Array.from({ length: n + 1 }, () => pointMass(pairs));
  for (let i = 1; i <= m; i += 1) {
    const next = [pointMass(pairs)];
    for (let j = 1; j <= n; j += 1) {
      const largestIsFirst = rows[j];
      const largestIsSecond = next[j - 1];
      if (largestIsFirst === undefined || largestIsSecond === undefined) break;
      const law = new Float64Array(pairs + 1);
      for (let s = 0; s <= i * j; s += 1) {
        const gain = s >= j ? at(largestIsFirst, s - j) : 0;
        law[s] = (i * gain + j * at(largestIsSecond, s)) / (i + j);
      }
      next.push(law);
    }
    rows = next;
  }
  const law = rows[n] ?? pointMass(pairs);
  let pLess = 0;
  for (let s = 0; s <= u; s += 1) pLess += at(law, s);
  let pGreater = 0;
  for (let s = pairs; s >= u; s -= 1) pGreater += at(law, s);
  let rank = 0;
  for (let cdf = at(law, 0); cdf < alpha * (1 - 1e-12); cdf += at(law, rank)) rank += 1;
  return { pGreater: Math.min(1, pGreater), pLess: Math.min(1, pLess), rank };
}

function pointMass(pairs: number): Float64Array {
  const law = new Float64Array(pairs + 1);
  law[0] = 1;
  return law;
}

function normalTest(m: number, n: number, tieTerm: number, u: number, alpha: number): TestTails {
  const center = (m * n) / 2;
  const total = m + n;
  const variance = ((m * n) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
  // All values equal: no order information at all.
  if (!(variance > 0)) return { pGreater: 1, pLess: 1, rank: 0 };
  const sd = Math.sqrt(variance);
  return {
    pGreater: normalUpperTail((u - center - 0.5) / sd),
    pLess: normalUpperTail((center - u - 0.5) / sd),
    rank: Math.floor(center + 0.5 - normalUpperQuantile(alpha) * sd),
  };
}

function shiftInterval(first: ArrayLike<number>, second: ArrayLike<number>, rank: number): Interval {
  const m = first.length;
  const n = second.length;
  const differences = new Float64Array(m * n);
  for (let i = 0; i < m; i += 1) {
    for (let j = 0; j < n; j += 1) differences[i * n + j] = at(first, i) - at(second, j);
  }
  const estimate = takeMedian(differences);
  if (rank < 1) return { estimate, lower: -Infinity, upper: Infinity };
  const [lower = NaN, upper = NaN] = takeOrderStatistics(differences, [rank, m * n + 1 - rank]);
  return { estimate, lower, upper };
}
