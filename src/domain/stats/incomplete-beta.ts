/**
 * Regularised incomplete beta function: both tails, and their logarithms.
 * Invariant: the smaller tail is always computed directly (never as 1 - other), so a tail of 1e-300
 * has the same relative precision as one of 0.3. The e-values depend on that.
 */
import { checkPositive, checkProbability } from './checks.ts';
import { deviance, HALF_LOG_TWO_PI, logOneMinusExp, stirlingError } from './gamma.ts';

/** Both log tails of Beta(a, b) at x, and the log of x^a y^b / B(a, b) that Newton steps need. */
export interface BetaTails {
  readonly logLower: number;
  readonly logUpper: number;
  readonly logFront: number;
}

/** ln(x^a y^b / B(a, b)) with y = 1 - x, in Loader's saddle-point form. */
function logFrontFactor(x: number, y: number, a: number, b: number): number {
  const n = a + b;
  const scale = 0.5 * (Math.log(a) + Math.log(b) - Math.log(n)) - HALF_LOG_TWO_PI;
  const corrections = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return scale + corrections - deviance(a, n * x) - deviance(b, n * y);
}

const TINY = 1e-300;
/** Convergence takes O(sqrt(max(a, b))) steps; 1e5 leaves room for a, b far beyond 1e9. */
const MAX_STEPS = 100_000;

/** Continued fraction of I_x(a, b) for x below the mean. Source: DLMF 8.17.22, modified Lentz evaluation. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < TINY ? TINY : d);
  let h = d;
  for (let m = 1; m <= MAX_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    if (Math.abs(c) < TINY) c = TINY;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    if (Math.abs(c) < TINY) c = TINY;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 2e-16) return h;
  }
  throw new RangeError(`incomplete beta did not converge for x=${x}, a=${a}, b=${b}`);
}

/**
 * Both log tails at once. Takes y = 1 - x separately so that callers who know y exactly keep its digits.
 * Unchecked: callers validate. Exported for the quantile solver, Student t and the binomial.
 */
export function betaTails(x: number, y: number, a: number, b: number): BetaTails {
  if (x <= 0) return { logLower: -Infinity, logUpper: 0, logFront: -Infinity };
  if (y <= 0) return { logLower: 0, logUpper: -Infinity, logFront: -Infinity };
  const logFront = logFrontFactor(x, y, a, b);
  if (x <= (a + 1) / (a + b + 2)) {
    const logLower = Math.min(0, logFront - Math.log(a) + Math.log(continuedFraction(x, a, b)));
    return { logLower, logUpper: logOneMinusExp(logLower), logFront };
  }
  const logUpper = Math.min(0, logFront - Math.log(b) + Math.log(continuedFraction(y, b, a)));
  return { logLower: logOneMinusExp(logUpper), logUpper, logFront };
}

function checked(x: number, a: number, b: number): BetaTails {
  checkProbability('x', x);
  checkPositive('a', a);
  checkPositive('b', b);
  return betaTails(x, 1 - x, a, b);
}

/**
 * Lower regularised incomplete beta I_x(a, b) = P(X <= x), X ~ Beta(a, b).
 * @param x point in [0, 1]
 * @param a first shape, > 0
 * @param b second shape, > 0
 * @throws RangeError on x outside [0, 1] or a shape that is not > 0
 * Source: DLMF 8.17.22 (continued fraction), Loader (2000) for the front factor.
 */
export function regularizedBeta(x: number, a: number, b: number): number {
  return Math.exp(checked(x, a, b).logLower);
}

/** Upper tail 1 - I_x(a, b) = P(X > x); arguments, errors and source as {@link regularizedBeta}. @internal */
export function regularizedBetaUpper(x: number, a: number, b: number): number {
  return Math.exp(checked(x, a, b).logUpper);
}

/** ln I_x(a, b), finite far below the underflow of I itself; arguments and errors as {@link regularizedBeta}. @internal */
export function logRegularizedBeta(x: number, a: number, b: number): number {
  return checked(x, a, b).logLower;
}

/** ln(1 - I_x(a, b)), finite far below underflow; arguments and errors as {@link regularizedBeta}. @internal */
export function logRegularizedBetaUpper(x: number, a: number, b: number): number {
  return checked(x, a, b).logUpper;
}
