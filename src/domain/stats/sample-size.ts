/**
 * How many observations a verdict needs; fills `power.nRequired` of a gate record.
 * Invariant: planning figures only (normal approximations). No verdict is ever computed from them.
 */
import { checkAlpha, checkOpenProbability, checkPositive } from './checks.ts';
import { normalQuantile, normalUpperQuantile } from './normal.ts';

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
