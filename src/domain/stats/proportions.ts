/**
 * Intervals for one proportion and for the difference of two.
 * Invariant: no trials means the whole parameter range, so a missing sample can neither fail nor pass.
 */
import { betaPoint } from './beta.ts';
import { checkAlpha, checkPart } from './checks.ts';
import type { Interval } from './interval.ts';
import { normalUpperQuantile } from './normal.ts';

/** Level shared by the intervals of this file. */
export interface ProportionOptions {
  /** Error probability of EACH bound (one-sided), in (0, 0.5]. Default 0.05; 0.025 for a 95 % interval. */
  readonly alpha?: number;
}

/**
 * Wilson score interval of a proportion.
 * @param hits integer in [0, trials]
 * @param trials integer >= 0; 0 gives estimate NaN and [0, 1]
 * @param options alpha per bound, default 0.05
 * @throws RangeError on bad counts or alpha
 * Source: Wilson (1927), without continuity correction.
 * @internal
 */
export function wilsonInterval(hits: number, trials: number, options: ProportionOptions = {}): Interval {
  const { alpha = 0.05 } = options;
  checkPart('hits', hits, 'trials', trials);
  checkAlpha(alpha);
  return wilson(hits, trials, alpha);
}

/** Counts need not be whole: effective ones are not. */
function wilson(hits: number, trials: number, alpha: number): Interval {
  if (trials === 0) return { estimate: NaN, lower: 0, upper: 1 };
  const z2 = normalUpperQuantile(alpha) ** 2;
  const estimate = hits / trials;
  const sum = 2 * hits + z2 + Math.sqrt(z2 * (z2 + 4 * hits * (1 - estimate)));
  // The product of the two roots is known, so the lower one is not a difference of near-equal numbers.
  const lower = hits === 0 ? 0 : (2 * hits * estimate) / sum;
  const upper = hits === trials ? 1 : sum / (2 * (trials + z2));
  return { estimate, lower, upper };
}

/**
 * Newcombe interval of a difference of proportions, first minus second, of counts that need not be whole.
 * For the cache gate: first = misses of `to`, second = those of `from`, so a positive difference is a drop of the hit rate.
 * @param first hits and trials, finite, 0 <= hits <= trials; unchecked
 * @param alpha of each bound
 * @returns difference in [-1, 1]; a sample without trials gives estimate NaN and [-1, 1]
 * Source: Newcombe (1998), Stat. Med. 17:873, method 10 (Wilson bounds squared and added).
 */
export function newcombeOfEffective(
  first: { readonly hits: number; readonly trials: number },
  second: { readonly hits: number; readonly trials: number },
  alpha: number,
): Interval {
  const one = wilson(first.hits, first.trials, alpha);
  const two = wilson(second.hits, second.trials, alpha);
  if (first.trials === 0 || second.trials === 0) return { estimate: NaN, lower: -1, upper: 1 };
  const estimate = one.estimate - two.estimate;
  return {
    estimate,
    lower: estimate - Math.hypot(one.estimate - one.lower, two.upper - two.estimate),
    upper: estimate + Math.hypot(one.upper - one.estimate, two.estimate - two.lower),
  };
}

/**
 * Clopper-Pearson (exact) interval of a proportion.
 * @param hits integer in [0, trials]; 0 gives lower 0, all gives upper 1
 * @param trials integer >= 0; 0 gives estimate NaN and [0, 1]
 * @param options alpha per bound, default 0.05
 * @throws RangeError on bad counts or alpha
 * Source: Clopper & Pearson (1934) in beta-quantile form.
 */
export function clopperPearsonInterval(
  hits: number,
  trials: number,
  options: ProportionOptions = {},
): Interval {
  const { alpha = 0.05 } = options;
  checkPart('hits', hits, 'trials', trials);
  checkAlpha(alpha);
  if (trials === 0) return { estimate: NaN, lower: 0, upper: 1 };
  return {
    estimate: hits / trials,
    lower: hits === 0 ? 0 : betaPoint(alpha, 1 - alpha, hits, trials - hits + 1).x,
    upper: hits === trials ? 1 : betaPoint(1 - alpha, alpha, hits + 1, trials - hits).x,
  };
}
