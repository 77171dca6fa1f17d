/**
 * Is green failing more often than allowed? A sequential e-value for FAIL and an exact bound for PASS.
 * Invariant: both condition on the total number of errors, so no assumption about the overall error
 * level is made and traffic may be split in any proportion.
 */
import { betaPoint } from './beta.ts';
import { checkAlpha, checkCount, checkOpenProbability, checkPart, checkPositive } from './checks.ts';
import { logBeta } from './gamma.ts';
import { betaTails } from './incomplete-beta.ts';
import type { Interval } from './interval.ts';

/** Errors and requests of one ramp stage, both colors over the same time. */
export interface ErrorCounts {
  readonly greenErrors: number;
  readonly greenRequests: number;
  readonly blueErrors: number;
  readonly blueRequests: number;
}

/**
 * ln E for "an error is green with probability > p0", truncated-beta mixture.
 * @param greenErrors errors of the new color, integer >= 0
 * @param blueErrors errors of the old color, integer >= 0
 * @param p0 green's share of errors at the limit of what is allowed, in (0, 1)
 * @param concentration prior weight r, > 0, default 4: Beta(r p0 + 1, r (1 - p0) + 1) cut to (p0, 1)
 * @returns ln E, 0 when no error was seen; FAIL at ln E >= ln(1/alpha), at any look
 * @throws RangeError on an argument out of range
 * Source: reference 2.4; Lindon & Malek, NeurIPS 2022, arXiv 2011.03567.
 */
export function errorShareLogE(
  greenErrors: number,
  blueErrors: number,
  p0: number,
  concentration = 4,
): number {
  checkCount('greenErrors', greenErrors);
  checkCount('blueErrors', blueErrors);
  checkOpenProbability('p0', p0);
  checkPositive('concentration', concentration);
  const a = concentration * p0 + 1;
  const b = concentration * (1 - p0) + 1;
  const posterior = betaTails(p0, 1 - p0, a + greenErrors, b + blueErrors).logUpper;
  const prior = betaTails(p0, 1 - p0, a, b).logUpper;
  const mixture = logBeta(a + greenErrors, b + blueErrors) - logBeta(a, b) + posterior - prior;
  return mixture - greenErrors * Math.log(p0) - blueErrors * Math.log1p(-p0);
}

/**
 * ln E that green's error rate exceeds `margin` times blue's, valid at every look of one ramp stage.
 * Restart it when the traffic split changes: p0 depends on it.
 * @param counts errors and requests of the stage; errors may exceed nothing but their requests
 * @param options margin (1.2), concentration (4)
 * @returns ln E; 0 (no evidence) while either color has no requests
 * @throws RangeError on bad counts or options
 * Source: reference 2.4, p0 = 1.2 N_g / (1.2 N_g + N_b).
 */
export function errorRateLogE(
  counts: ErrorCounts,
  options: { readonly margin?: number; readonly concentration?: number } = {},
): number {
  const { margin = 1.2, concentration = 4 } = options;
  checkCounts(counts);
  checkPositive('margin', margin);
  const { greenErrors, greenRequests, blueErrors, blueRequests } = counts;
  if (greenRequests === 0 || blueRequests === 0) return 0;
  const weighted = margin * greenRequests;
  return errorShareLogE(greenErrors, blueErrors, weighted / (weighted + blueRequests), concentration);
}

/**
 * Exact interval of the error-rate ratio green / blue (conditional binomial, Clopper-Pearson).
 * @param counts errors and requests over the same time
 * @param options alpha per bound (one-sided), default 0.05
 * @returns ratio and bounds. Without errors or without requests of a color: estimate NaN, [0, Infinity].
 *   Errors in green only: estimate and upper bound Infinity.
 * @throws RangeError on bad counts or alpha
 * Source: Przyborowski & Wilenski (1940); share of green among all errors, mapped back to the ratio.
 */
export function rateRatioInterval(counts: ErrorCounts, options: { readonly alpha?: number } = {}): Interval {
  const { alpha = 0.05 } = options;
  checkCounts(counts);
  checkAlpha(alpha);
  const { greenErrors: x, greenRequests, blueErrors: y, blueRequests } = counts;
  if (x + y === 0 || greenRequests === 0 || blueRequests === 0) {
    return { estimate: NaN, lower: 0, upper: Infinity };
  }
  const exposure = blueRequests / greenRequests;
  const low = x === 0 ? { x: 0, y: 1 } : betaPoint(alpha, 1 - alpha, x, y + 1);
  const high = y === 0 ? { x: 1, y: 0 } : betaPoint(1 - alpha, alpha, x + 1, y);
  return {
    estimate: (x / y) * exposure,
    lower: (low.x / low.y) * exposure,
    upper: (high.x / high.y) * exposure,
  };
}

function checkCounts(counts: ErrorCounts): void {
  checkPart('greenErrors', counts.greenErrors, 'greenRequests', counts.greenRequests);
  checkPart('blueErrors', counts.blueErrors, 'blueRequests', counts.blueRequests);
}
