/**
 * By how much green fails more often than blue: an exact interval.
 * Invariant: it is conditional on the total number of errors, so no assumption about the overall error
 * level is made and traffic may be split in any proportion.
 */
import { betaPoint } from './beta.ts';
import { checkAlpha, checkPart } from './checks.ts';
import type { Interval } from './interval.ts';

/** Errors and requests of one ramp stage, both colors over the same time. */
export interface ErrorCounts {
  readonly greenErrors: number;
  readonly greenRequests: number;
  readonly blueErrors: number;
  readonly blueRequests: number;
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
