/**
 * How many observations a verdict needs; fills `power.nRequired` of a gate record.
 * Invariant: planning figures only (normal approximations). No verdict is ever computed from them.
 */
import { checkAlpha, checkOpenProbability, checkPositive } from './checks.ts';
import { normalPdf, normalQuantile, normalUpperQuantile } from './normal.ts';

/** Error levels of a plan. */
export interface PowerOptions {
  /** One-sided level of the bound that decides, in (0, 0.5]. Default 0.05. */
  readonly alpha?: number;
  /** Wanted probability of the verdict, in (0, 1). Default 0.9. */
  readonly power?: number;
}

function levelSum(options: PowerOptions): number {
  const { alpha = 0.05, power = 0.9 } = options;
  checkAlpha(alpha);
  checkOpenProbability('power', power);
  return normalUpperQuantile(alpha) + normalQuantile(power);
}

/**
 * Observations per arm for a verdict on a quantile ratio of lognormal latencies.
 * @param logSd standard deviation of ln(latency), > 0
 * @param options trueRatio (1), margin (1.25), p (0.95), alpha (0.05), power (0.9).
 *   trueRatio < margin plans a PASS, trueRatio > margin a FAIL.
 * @throws RangeError on an argument out of range, or trueRatio = margin (no sample is large enough)
 * Source: reference 2.3, n = 2 (p(1-p)/phi(z_p)^2) sd^2 ((z_alpha + z_beta) / ln(margin/ratio))^2.
 */
export function quantileRatioSampleSize(
  logSd: number,
  options: PowerOptions & { readonly trueRatio?: number; readonly margin?: number; readonly p?: number } = {},
): number {
  const { trueRatio = 1, margin = 1.25, p = 0.95 } = options;
  checkPositive('logSd', logSd);
  checkPositive('trueRatio', trueRatio);
  checkPositive('margin', margin);
  checkOpenProbability('p', p);
  if (trueRatio === margin) throw new RangeError('trueRatio must differ from margin');
  const unit = (p * (1 - p)) / normalPdf(normalQuantile(p)) ** 2;
  return Math.ceil(2 * unit * (logSd * (levelSum(options) / Math.log(margin / trueRatio))) ** 2);
}

/**
 * Trials per arm to PASS "the rate drops by at most margin" at equal rates.
 * @param rate the common rate, in (0, 1)
 * @param margin allowed drop, > 0, default 0.05
 * @param options alpha (0.05), power (0.9)
 * @throws RangeError on an argument out of range
 * Source: reference 2.5, n = 2 h (1 - h) ((z_alpha + z_beta) / margin)^2.
 */
export function rateDropSampleSize(rate: number, margin = 0.05, options: PowerOptions = {}): number {
  checkOpenProbability('rate', rate);
  checkPositive('margin', margin);
  return Math.ceil(2 * rate * (1 - rate) * (levelSum(options) / margin) ** 2);
}

/**
 * Questions to PASS "the mean paired difference is at most margin" at no true difference.
 * @param sd standard deviation of the differences, > 0
 * @param margin allowed mean difference, > 0, same unit
 * @param options alpha (0.05), power (0.9)
 * @throws RangeError on an argument out of range
 * Source: reference 2.6, n = (sd (z_alpha + z_beta) / margin)^2.
 */
export function pairedMeanSampleSize(sd: number, margin: number, options: PowerOptions = {}): number {
  checkPositive('sd', sd);
  checkPositive('margin', margin);
  return Math.ceil((sd * (levelSum(options) / margin)) ** 2);
}
