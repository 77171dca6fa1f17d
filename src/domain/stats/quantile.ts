/**
 * Exact sample quantiles with distribution-free order-statistic bounds.
 * Invariant: the bounds hold for every distribution, ties and mixtures included, because the number of
 * observations at or below the true quantile is Binomial(n, p). No smoothing, nothing dropped as an outlier.
 */
import { binomialQuantile, binomialUpperQuantile } from './binomial.ts';
import { checkAlpha, checkAllFinite, checkCount, checkOpenProbability } from './checks.ts';
import type { Interval } from './interval.ts';
import { orderStatistics } from './select.ts';

/** What every quantile interval takes. */
export interface QuantileOptions {
  /** Which quantile, in (0, 1). Default 0.95. */
  readonly p?: number;
  /** Error probability of EACH bound (one-sided), in (0, 0.5]. Default 0.05. */
  readonly alpha?: number;
  /** Variance inflation by clustering, >= 1; ranks are those of n / designEffect observations. Default 1. */
  readonly designEffect?: number;
}

/** 1-based ranks of the estimate and of its bounds; 0 and n + 1 stand for "no finite bound". */
export interface QuantileRanks {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Ranks of the exact quantile and of its one-sided bounds.
 * @param n number of observations, integer >= 0
 * @returns estimate ceil(p n), lower F^-1(alpha), upper F^-1(1 - alpha) + 1, F = Binomial(n, p);
 *   with a design effect the ranks of floor(n / deff) observations, mapped outwards on rank / (n + 1).
 *   n = 0 gives { estimate: 0, lower: 0, upper: 1 }: no value, no bounds.
 * @throws RangeError on a bad n, p, alpha or designEffect
 * Source: reference 2.3; David & Nagaraja, Order Statistics, 7.1.
 */
export function quantileRanks(n: number, options: QuantileOptions = {}): QuantileRanks {
  const { p = 0.95, alpha = 0.05, designEffect = 1 } = options;
  checkCount('n', n);
  checkOpenProbability('p', p);
  checkAlpha(alpha);
  if (!(designEffect >= 1 && designEffect < Infinity)) {
    throw new RangeError(`designEffect must be a finite number >= 1, got ${designEffect}`);
  }
  const effective = Math.floor(n / designEffect);
  const lower = binomialQuantile(alpha, effective, p);
  const upper = binomialUpperQuantile(alpha, effective, p) + 1;
  const estimate = exactRank(n, p);
  if (effective === n) return { estimate, lower, upper };
  const scale = (n + 1) / (effective + 1);
  return {
    estimate,
    lower: lower === 0 ? 0 : Math.min(estimate, Math.floor(lower * scale)),
    upper: upper > effective ? n + 1 : Math.max(estimate, Math.ceil(upper * scale)),
  };
}

/** ceil(p n), where p n that misses an integer by rounding alone (0.95 * 20 = 19.000000000000004) counts as it. */
export function exactRank(n: number, p: number): number {
  const product = p * n;
  const nearest = Math.round(product);
  const rank = Math.abs(product - nearest) <= 1e-12 * n ? nearest : Math.ceil(product);
  return n === 0 ? 0 : Math.max(1, rank);
}

/**
 * Exact sample quantile X_(ceil(p n)) (Hyndman-Fan type 1), in the unit of the values.
 * @param values at least one finite number, any order, not modified
 * @param p in (0, 1), default 0.95
 * @throws RangeError if values is empty or holds a non-finite number, or p is not in (0, 1)
 * Source: Hyndman & Fan (1996), definition 1.
 */
export function exactQuantile(values: ArrayLike<number>, p = 0.95): number {
  checkOpenProbability('p', p);
  requireValues(values);
  const [value = NaN] = orderStatistics(values, [exactRank(values.length, p)]);
  return value;
}

/**
 * Exact quantile with order-statistic bounds, in the unit of the values.
 * @param values at least one finite number, any order, not modified
 * @param options p (0.95), alpha per bound (0.05), designEffect (1)
 * @returns bounds are +-Infinity where n is too small for the level (see {@link minimumSampleForUpperBound})
 * @throws RangeError if values is empty or holds a non-finite number, or an option is out of range
 * Source: reference 2.3.
 */
export function quantileInterval(values: ArrayLike<number>, options: QuantileOptions = {}): Interval {
  requireValues(values);
  const n = values.length;
  const ranks = quantileRanks(n, options);
  const [estimate = NaN, low = NaN, high = NaN] = orderStatistics(values, [
    ranks.estimate,
    Math.max(1, ranks.lower),
    Math.min(n, ranks.upper),
  ]);
  return {
    estimate,
    lower: ranks.lower < 1 ? -Infinity : low,
    upper: ranks.upper > n ? Infinity : high,
  };
}

/**
 * Sample median with its order-statistic bounds. The estimate averages the two middle values when n is even.
 * @param values at least one finite number, any order, not modified
 * @param options alpha per bound, default 0.025 (a 95 % two-sided interval); ranks are symmetric about n + 1
 * @throws RangeError as {@link quantileInterval}
 * Source: reference 2.6; David & Nagaraja, Order Statistics, 7.1.
 */
export function medianInterval(
  values: ArrayLike<number>,
  options: { readonly alpha?: number } = {},
): Interval {
  requireValues(values);
  const n = values.length;
  const { lower: rank } = quantileRanks(n, { p: 0.5, alpha: options.alpha ?? 0.025 });
  const bounded = Math.max(1, rank);
  const [a = NaN, b = NaN, low = NaN, high = NaN] = orderStatistics(values, [
    (n + 1) >> 1,
    (n + 2) >> 1,
    bounded,
    n + 1 - bounded,
  ]);
  return { estimate: (a + b) / 2, lower: rank < 1 ? -Infinity : low, upper: rank < 1 ? Infinity : high };
}

/**
 * Fewest observations for which the upper bound of the p-quantile is finite: n >= ln(alpha) / ln(p).
 * @param options p in (0, 1), default 0.95; alpha in (0, 0.5], default 0.05
 * @throws RangeError on an option out of range
 * Source: reference 2.3; P(all n observations lie below the quantile) = p^n.
 */
export function minimumSampleForUpperBound(options: Pick<QuantileOptions, 'p' | 'alpha'> = {}): number {
  const { p = 0.95, alpha = 0.05 } = options;
  checkOpenProbability('p', p);
  checkAlpha(alpha);
  return Math.ceil(Math.log(alpha) / Math.log(p) - 1e-12);
}

function requireValues(values: ArrayLike<number>): void {
  if (values.length === 0) throw new RangeError('values must hold at least one observation');
  checkAllFinite('values', values);
}
