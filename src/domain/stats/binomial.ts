/**
 * Binomial distribution: pmf, both tails and quantiles, for n up to millions.
 * Invariant: quantiles are exact integers; a level that equals an attainable tail counts as attained
 * (relative fuzz 1e-12), so textbook levels at p = 1/2 do not slip by one rank through rounding.
 */
import { checkCount, checkPart, checkProbability } from './checks.ts';
import { deviance, HALF_LOG_TWO_PI, stirlingError } from './gamma.ts';
import { betaTails } from './incomplete-beta.ts';
import { normalUpperQuantile } from './normal.ts';

const FUZZ = 1e-12;

/**
 * ln P(X = k), X ~ Binomial(n, p).
 * @param k successes, integer in [0, n]
 * @param n trials, integer >= 0
 * @param p success probability in [0, 1]
 * @throws RangeError on anything else
 * Source: Loader (2000), saddle-point expansion.
 */
export function binomialLogPmf(k: number, n: number, p: number): number {
  checkPart('k', k, 'n', n);
  checkProbability('p', p);
  if (p === 0) return k === 0 ? 0 : -Infinity;
  if (p === 1) return k === n ? 0 : -Infinity;
  if (k === 0) return n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  const rest = n - k;
  const corrections = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  const scale = 0.5 * (Math.log(n) - Math.log(k) - Math.log(rest)) - HALF_LOG_TWO_PI;
  return scale + corrections - deviance(k, n * p) - deviance(rest, n * (1 - p));
}

/** P(X = k); arguments, errors and source as {@link binomialLogPmf}. */
export function binomialPmf(k: number, n: number, p: number): number {
  return Math.exp(binomialLogPmf(k, n, p));
}

/** ln P(X <= k) and ln P(X > k). k may lie outside [0, n]. */
function logTails(k: number, n: number, p: number): { readonly lower: number; readonly upper: number } {
  if (k < 0) return { lower: -Infinity, upper: 0 };
  if (k >= n) return { lower: 0, upper: -Infinity };
  const tails = betaTails(p, 1 - p, k + 1, n - k);
  return { lower: tails.logUpper, upper: tails.logLower };
}

function checkedTails(k: number, n: number, p: number): { readonly lower: number; readonly upper: number } {
  if (!Number.isSafeInteger(k)) throw new RangeError(`k must be an integer, got ${k}`);
  checkCount('n', n);
  checkProbability('p', p);
  return logTails(k, n, p);
}

/**
 * P(X <= k), X ~ Binomial(n, p).
 * @param k integer, may lie outside [0, n]
 * @param n trials, integer >= 0
 * @param p success probability in [0, 1]
 * @throws RangeError on anything else
 * Source: DLMF 8.17.5, P(X <= k) = 1 - I_p(k + 1, n - k).
 * @internal
 */
export function binomialCdf(k: number, n: number, p: number): number {
  return Math.exp(checkedTails(k, n, p).lower);
}

/** P(X > k) without cancellation; arguments, errors and source as {@link binomialCdf}. */
export function binomialUpperTail(k: number, n: number, p: number): number {
  return Math.exp(checkedTails(k, n, p).upper);
}

/** Smallest integer in [0, n] that satisfies a monotone predicate, searched outwards from a guess. */
function smallest(n: number, guess: number, holds: (k: number) => boolean): number {
  let high = Math.min(n, Math.max(0, Math.round(guess)));
  let low = -1;
  if (holds(high)) {
    for (let step = 1; high > 0; step *= 2) {
      const probe = Math.max(0, high - step);
      if (!holds(probe)) {
        low = probe;
        break;
      }
      high = probe;
    }
  } else {
    low = high;
    high = n;
    for (let step = 1; low + step < n; step *= 2) {
      if (holds(low + step)) {
        high = low + step;
        break;
      }
      low += step;
    }
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Normal guess with the Cornish-Fisher skewness term; only the speed depends on it. */
function guess(z: number, n: number, p: number): number {
  return n * p + z * Math.sqrt(n * p * (1 - p)) + ((z * z - 1) * (1 - 2 * p)) / 6;
}

function quantile(lower: number, upper: number, n: number, p: number): number {
  checkCount('n', n);
  checkProbability('p', p);
  if (lower <= 0 || p === 0 || n === 0) return 0;
  if (upper <= 0 || p === 1) return n;
  if (lower <= upper) {
    const level = Math.log(lower) - FUZZ;
    return smallest(n, guess(-normalUpperQuantile(lower), n, p), (k) => logTails(k, n, p).lower >= level);
  }
  const level = Math.log(upper) + FUZZ;
  return smallest(n, guess(normalUpperQuantile(upper), n, p), (k) => logTails(k, n, p).upper <= level);
}

/**
 * Quantile F^-1(level): the smallest k with P(X <= k) >= level.
 * @param level probability in [0, 1]; 0 gives 0, 1 gives n
 * @param n trials, integer >= 0
 * @param p success probability in [0, 1]
 * @throws RangeError on anything else
 * Source: definition; Cornish-Fisher start, bisection on the exact tails.
 */
export function binomialQuantile(level: number, n: number, p: number): number {
  checkProbability('level', level);
  return quantile(level, 1 - level, n, p);
}

/**
 * Upper quantile F^-1(1 - alpha): the smallest k with P(X > k) <= alpha. Exact for tiny alpha.
 * Errors and source as {@link binomialQuantile}.
 */
export function binomialUpperQuantile(alpha: number, n: number, p: number): number {
  checkProbability('alpha', alpha);
  return quantile(1 - alpha, alpha, n, p);
}
