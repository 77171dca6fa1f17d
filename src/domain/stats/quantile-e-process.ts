/**
 * Open-ended test of a quantile ratio: an e-process that may be looked at any number of times.
 * Invariant: with the true quantile q, M_n is a test martingale of the count of observations <= q,
 * so P(log M ever reaches ln(1/alpha)) <= alpha without any look plan.
 */
import { at, checkAllFinite, checkOpenProbability, checkPart, checkPositive } from './checks.ts';
import { logBeta } from './gamma.ts';
import { exactRank } from './quantile.ts';

/** Parameters of the beta-binomial mixture. */
export interface QuantileEProcessOptions {
  /** Which quantile, in (0, 1). Default 0.95. */
  readonly p?: number;
  /** Prior weight r in observations: Beta(r p, r (1 - p)). Default 100. */
  readonly concentration?: number;
}

/**
 * ln M_n(x) = ln [ B(rp + x, r(1-p) + n - x) / (B(rp, r(1-p)) p^x (1-p)^(n-x)) ].
 * @param n observations so far, integer >= 0 (n = 0 gives 0)
 * @param x how many of them are <= the candidate quantile, integer in [0, n]
 * @param options p (0.95), concentration r (100)
 * @returns natural log of the e-value against "the candidate is the true p-quantile"
 * @throws RangeError on x > n or an option out of range
 * Source: reference 2.3; Howard & Ramdas (2022), Bernoulli 28(3), arXiv 1906.09712.
 */
export function quantileLogE(n: number, x: number, options: QuantileEProcessOptions = {}): number {
  checkPart('x', x, 'n', n);
  const { p = 0.95, concentration = 100 } = options;
  checkOpenProbability('p', p);
  checkPositive('concentration', concentration);
  const a = concentration * p;
  const b = concentration * (1 - p);
  const rest = n - x;
  return logBeta(a + x, b + rest) - logBeta(a, b) - x * Math.log(p) - rest * Math.log1p(-p);
}

/** Outcome of the open-ended ratio test. */
export interface QuantileRatioEvidence {
  /** min over q of ln M_blue(q) + ln M_green(margin q); FAIL when >= ln(1/alpha) and ratio > margin. */
  readonly logE: number;
  /** Ratio of the exact sample quantiles, green / blue. */
  readonly ratio: number;
  /** The blue quantile at which the evidence is weakest, in the unit of the values. */
  readonly weakestAt: number;
}

/**
 * Evidence that green's quantile exceeds margin times blue's, valid at every look.
 * @param green latencies of the new color, > 0, at least one
 * @param blue latencies of the old color in the same unit
 * @param options margin (1.25), p (0.95), concentration (100)
 * @throws RangeError on an empty arm, a non-finite or non-positive value, or an option out of range
 * Source: reference 2.3, "Open-ended alternative".
 */
export function quantileRatioLogE(
  green: ArrayLike<number>,
  blue: ArrayLike<number>,
  options: QuantileEProcessOptions & { readonly margin?: number } = {},
): QuantileRatioEvidence {
  const { margin = 1.25, p = 0.95 } = options;
  checkPositive('margin', margin);
  checkOpenProbability('p', p);
  // Both arms in blue's unit: asking for margin * q in green is asking for q in green / margin.
  const g = sorted('green', green, margin);
  const b = sorted('blue', blue, 1);
  const greenAt = at(g, exactRank(g.length, p) - 1);
  const blueAt = at(b, exactRank(b.length, p) - 1);
  let best = { logE: Infinity, weakestAt: blueAt };
  for (const q of candidates(g, b, Math.min(greenAt, blueAt), Math.max(greenAt, blueAt))) {
    const logE =
      quantileLogE(b.length, countAtMost(b, q), options) + quantileLogE(g.length, countAtMost(g, q), options);
    if (logE < best.logE) best = { logE, weakestAt: q };
  }
  return { ...best, ratio: (greenAt * margin) / blueAt };
}

/**
 * ln M is convex in the count with its minimum next to the sample quantile, so outside the range between
 * the two sample quantiles both terms only grow. One neighbor on each side covers the off-by-one of "next to".
 */
function* candidates(g: Float64Array, b: Float64Array, low: number, high: number): Generator<number> {
  for (const arm of [g, b]) {
    const from = Math.max(0, countBelow(arm, low) - 2);
    const to = Math.min(arm.length - 1, countAtMost(arm, high) + 1);
    for (let i = from; i <= to; i += 1) yield at(arm, i);
  }
}

/** Number of elements <= q in an ascending array. */
function countAtMost(values: Float64Array, q: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(values, middle) <= q) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Number of elements < q in an ascending array. */
function countBelow(values: Float64Array, q: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(values, middle) < q) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sorted(name: string, values: ArrayLike<number>, divisor: number): Float64Array {
  if (values.length === 0) throw new RangeError(`${name} must hold at least one observation`);
  checkAllFinite(name, values);
  const copy = Float64Array.from(values, (value) => value / divisor).sort();
  if (!(at(copy, 0) > 0)) throw new RangeError(`${name} must hold values > 0, got ${at(copy, 0) * divisor}`);
  return copy;
}
