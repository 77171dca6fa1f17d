/**
 * Quantiles of the beta distribution (behind Clopper-Pearson, Student t and the rate-ratio bound).
 * Invariant: the solver returns x and 1 - x, each to full relative precision.
 */
import { checkPositive, checkProbability } from './checks.ts';
import { logBeta } from './gamma.ts';
import { betaTails } from './incomplete-beta.ts';

/** A point of the unit interval given from both ends. */
export interface UnitPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * Solves ln I_x(a, b) = logTarget for logTarget <= ln(1/2).
 * In u = logit(x) the log cdf is concave and increasing, and its left asymptote a*u - ln(a B(a, b)) lies
 * above it: started from where the asymptote meets the target, Newton climbs monotonically to the root.
 */
function solveLower(logTarget: number, a: number, b: number): UnitPoint {
  let u = (logTarget + Math.log(a) + logBeta(a, b)) / a;
  for (let i = 0; i < 200; i += 1) {
    const point = fromLogit(u);
    // Far left the asymptote is exact, and x itself may underflow: nothing to refine.
    if (point.x === 0) return point;
    const { logLower, logFront } = betaTails(point.x, point.y, a, b);
    const step = (logTarget - logLower) * Math.exp(logLower - logFront);
    u += step;
    if (!(Math.abs(step) > 1e-15 * Math.max(1, Math.abs(u)))) break;
    // After the climb only rounding is left; a step back of that size means we are there.
    if (step < 0 && step > -1e-12 && i > 3) break;
  }
  return fromLogit(u);
}

function fromLogit(u: number): UnitPoint {
  return { x: 1 / (1 + Math.exp(-u)), y: 1 / (1 + Math.exp(u)) };
}

/** The point with lower tail p and upper tail q = 1 - p. Callers pass whichever they know exactly. */
export function betaPoint(p: number, q: number, a: number, b: number): UnitPoint {
  if (p <= 0) return { x: 0, y: 1 };
  if (q <= 0) return { x: 1, y: 0 };
  if (p <= q) return solveLower(Math.log(p), a, b);
  const mirrored = solveLower(Math.log(q), b, a);
  return { x: mirrored.y, y: mirrored.x };
}

/**
 * Quantile of Beta(a, b): the x with I_x(a, b) = p.
 * @param p probability in [0, 1]; 0 gives 0 and 1 gives 1
 * @param a first shape, > 0
 * @param b second shape, > 0
 * @throws RangeError on p outside [0, 1] or a shape that is not > 0
 * Source: Newton iteration on the log cdf in logit space (log-concavity of the type-IV logistic law).
 * @internal
 */
export function betaQuantile(p: number, a: number, b: number): number {
  checkProbability('p', p);
  checkPositive('a', a);
  checkPositive('b', b);
  return betaPoint(p, 1 - p, a, b).x;
}

/**
 * Upper quantile of Beta(a, b): the x with P(X > x) = alpha. Exact for alpha far below 1e-16,
 * where `betaQuantile(1 - alpha)` would round to 1. Errors and source as {@link betaQuantile}.
 */
export function betaUpperQuantile(alpha: number, a: number, b: number): number {
  checkProbability('alpha', alpha);
  checkPositive('a', a);
  checkPositive('b', b);
  return betaPoint(1 - alpha, alpha, a, b).x;
}
