/**
 * Exact tests and bounds of two error rates at effective sizes, which need not be whole numbers.
 * Invariant: conditional on all errors, so no overall level is assumed; without trials or errors nothing is claimed.
 */
import { betaUpperQuantile, regularizedBeta } from '../stats/index.ts';

/** Trials and events of one arm, divided by its design effect. */
export interface EffectiveRate {
  readonly trials: number;
  readonly events: number;
}

/**
 * P-value against "`to` fails at most `margin` times as often as `from`". At whole numbers it is the binomial tail.
 * @returns 1 when either arm has no trials or `to` no event
 */
export function rateRatioPValue(to: EffectiveRate, from: EffectiveRate, margin: number): number {
  if (to.trials <= 0 || from.trials <= 0 || to.events <= 0) return 1;
  const weighted = margin * to.trials;
  return regularizedBeta(weighted / (weighted + from.trials), to.events, from.events + 1);
}

/** Upper bound of the ratio of rates; Infinity when the data bound nothing. Source: Przyborowski & Wilenski (1940). */
export function rateRatioUpper(to: EffectiveRate, from: EffectiveRate, alpha: number): number {
  if (to.trials <= 0 || from.trials <= 0 || from.events <= 0) return Infinity;
  const share = betaUpperQuantile(alpha, to.events + 1, from.events);
  return share >= 1 ? Infinity : (share / (1 - share)) * (from.trials / to.trials);
}

/** Upper bound of a rate; 1 without trials. Source: Clopper & Pearson (1934). */
export function rateUpper({ trials, events }: EffectiveRate, alpha: number): number {
  return trials <= 0 || events >= trials ? 1 : betaUpperQuantile(alpha, events + 1, trials - events);
}
