/**
 * Student t distribution through the incomplete beta function.
 * Invariant: the tail is computed directly, so one-sided levels like 0.01/24 keep all their digits.
 */
import { betaPoint } from './beta.ts';
import { checkOpenProbability, checkPositive } from './checks.ts';
import { betaTails } from './incomplete-beta.ts';

/**
 * Upper tail P(T > t) with `df` degrees of freedom.
 * @param t any number; +-Infinity gives 0 and 1
 * @param df degrees of freedom, > 0, need not be an integer
 * @throws RangeError if t is NaN or df is not > 0
 * Source: A&S 26.7.1, P(|T| > t) = I_x(df/2, 1/2) with x = df / (df + t^2).
 */
export function studentTUpperTail(t: number, df: number): number {
  if (Number.isNaN(t)) throw new RangeError('t must be a number, got NaN');
  checkPositive('df', df);
  const square = t * t;
  const x = square === Infinity ? 0 : df / (df + square);
  const y = square === Infinity ? 1 : square / (df + square);
  const half = 0.5 * Math.exp(betaTails(x, y, df / 2, 0.5).logLower);
  return t > 0 ? half : 1 - half;
}

/** P(T <= t); arguments, errors and source as {@link studentTUpperTail}. @internal */
export function studentTCdf(t: number, df: number): number {
  return studentTUpperTail(-t, df);
}

/**
 * The t with P(T > t) = alpha.
 * @param alpha upper tail probability in (0, 1)
 * @param df degrees of freedom, > 0
 * @throws RangeError if alpha is not in (0, 1) or df is not > 0
 * Source: inverse of A&S 26.7.1 by the beta quantile.
 */
export function studentTUpperQuantile(alpha: number, df: number): number {
  checkOpenProbability('alpha', alpha);
  checkPositive('df', df);
  if (alpha > 0.5) return -studentTUpperQuantile(1 - alpha, df);
  const { x, y } = betaPoint(2 * alpha, 1 - 2 * alpha, df / 2, 0.5);
  return Math.sqrt((df * y) / x);
}

/** The t with P(T <= t) = p; errors and source as {@link studentTUpperQuantile}. @internal */
export function studentTQuantile(p: number, df: number): number {
  // `+ 0` keeps the median at 0 rather than at -0.
  return -studentTUpperQuantile(p, df) + 0;
}
