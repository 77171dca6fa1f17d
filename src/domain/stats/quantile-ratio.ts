/**
 * Ratio of two latency quantiles (green / blue) with a MOVER interval on the log scale.
 * Invariant: an arm without a finite bound gives a ratio without that bound, so neither FAIL
 * (lower > limit) nor PASS (upper <= limit) can come out of missing data.
 */
import type { Interval } from './interval.ts';
import { quantileInterval, type QuantileOptions } from './quantile.ts';

/**
 * Combines two independent quantile intervals into an interval of their ratio.
 * @param green interval of the new color's quantile, estimate > 0
 * @param blue interval of the old color's quantile in the same unit, estimate > 0
 * @returns ratio green / blue (dimensionless); the level is the one of the two inputs
 * @throws RangeError if an estimate is not a finite number > 0 or a lower bound is negative and finite
 * Source: Zou & Donner (2008), Stat. Med. 27:1693 (MOVER), on log quantiles as in reference 2.3.
 */
export function quantileRatio(green: Interval, blue: Interval): Interval {
  const g = logInterval('green', green);
  const b = logInterval('blue', blue);
  const logRatio = g.estimate - b.estimate;
  const down = Math.hypot(g.estimate - g.lower, b.upper - b.estimate);
  const up = Math.hypot(g.upper - g.estimate, b.estimate - b.lower);
  return { estimate: Math.exp(logRatio), lower: Math.exp(logRatio - down), upper: Math.exp(logRatio + up) };
}

/**
 * Ratio of the exact p-quantiles (default p95) of two independent samples, with one-sided bounds.
 * FAIL when `lower` > margin, PASS at the scheduled end when `upper` <= margin.
 * @param green latencies of the new color, >= 0, at least one, any order, not modified
 * @param blue latencies of the old color in the same unit
 * @param options p (0.95), alpha per bound (0.05); designEffect (1) applies to both arms
 * @throws RangeError on an empty arm, a non-finite or negative value, a quantile of 0, or a bad option
 * Source: reference 2.3 (a).
 */
export function quantileRatioInterval(
  green: ArrayLike<number>,
  blue: ArrayLike<number>,
  options: QuantileOptions = {},
): Interval {
  return quantileRatio(quantileInterval(green, options), quantileInterval(blue, options));
}

function logInterval(name: string, interval: Interval): Interval {
  const { estimate, lower, upper } = interval;
  if (!(estimate > 0) || estimate === Infinity) {
    throw new RangeError(`${name} quantile must be a finite number > 0, got ${estimate}`);
  }
  if (lower < 0 && lower !== -Infinity) throw new RangeError(`${name} lower bound is negative: ${lower}`);
  // A missing lower bound and a bound of 0 both say nothing on the log scale.
  return {
    estimate: Math.log(estimate),
    lower: lower > 0 ? Math.log(lower) : -Infinity,
    upper: Math.log(upper),
  };
}
