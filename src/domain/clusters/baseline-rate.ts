/**
 * After the flip without a usable day: the rate that preflight saw of `from` stands for it.
 * Invariant: a rate of one stretch of time does not say how far it strays, so only a catastrophe may fail; `to`'s own scatter is
 * allowed for in both arms, for a PASS and for an objection.
 */
import { catastrophe } from './catastrophe.ts';
import type { ErrorLimits } from './error-rate.ts';
import { rateRatioPValue, rateRatioUpper, rateUpper, type EffectiveRate } from './exact-rate.ts';
import { instanceScatter } from './instance-scatter.ts';
import { effective, rule, type ClusterRuling, type LookTerms } from './ruling.ts';
import { rateOf } from './scatter.ts';
import type { ErrorSums } from './sums.ts';
import { scatterForPass, timeScatter } from './time-scatter.ts';
import { userScatter } from './user-scatter.ts';

/** Server errors of `to` against a rate of `from`. */
export function judgeErrorRateAgainst(
  sums: ErrorSums,
  limits: ErrorLimits,
  terms: LookTerms,
  before: EffectiveRate,
): ClusterRuling {
  const { to } = sums.arms;
  const limit = limitOf(limits, before);
  const users = userScatter(to, terms.alpha);
  const by = users.designEffect;
  const p = rateRatioPValue(effective(users, by), effective(before, by), limits.errorRatio);
  return rule(
    {
      users: { to: users, from: { ...users, ...before }, affected: to.events.users, p, lower: null },
      isOverLimit: rateOf(to) > limit,
      isBeyondUsers: p <= terms.alpha,
      moments: null,
      earlyMoments: () => null,
      catastrophe: catastrophe({ to: sums.recent.to, from: null }, shareOf(before), terms.catastrophe),
      passUpper: () => {
        const arms = atPass(sums, limits, terms, before);
        if (arms === null) return null;
        return Math.min(
          rateRatioUpper(arms.to, arms.before, arms.alpha) / limits.errorRatio,
          limit === 0 ? Infinity : rateUpper(arms.to, arms.alpha) / limit,
        );
      },
      passLimit: 1,
    },
    terms,
  );
}

/** True when `to` is over the limit beyond the level of a PASS: too much to overlook. */
export function exceedsBaseline(
  sums: ErrorSums,
  limits: ErrorLimits,
  terms: LookTerms,
  before: EffectiveRate,
): boolean {
  const { to } = sums.arms;
  const arms = atPass(sums, limits, terms, before);
  return (
    arms !== null &&
    rateOf(to) > limitOf(limits, before) &&
    to.events.users >= terms.minUsers &&
    rateRatioPValue(arms.to, arms.before, limits.errorRatio) <= arms.alpha
  );
}

function limitOf({ errorRatio, errorFloor }: ErrorLimits, before: EffectiveRate): number {
  return Math.max(errorFloor, errorRatio * shareOf(before));
}

function shareOf({ trials, events }: EffectiveRate): number {
  return trials === 0 ? 0 : events / trials;
}

/** Both arms at what `to`'s own users and moments leave of them; null before the second block. */
function atPass(
  { arms: { to }, grid }: ErrorSums,
  { errorRatio: margin }: ErrorLimits,
  { passAlpha }: LookTerms,
  before: EffectiveRate,
): { readonly to: EffectiveRate; readonly before: EffectiveRate; readonly alpha: number } | null {
  const alone = { to, from: null };
  const scatter = timeScatter(alone, { blockTicks: grid.blockTicks, margin });
  if (passAlpha === null || scatter === null || scatter.freedom < 1) return null;
  const users = userScatter(to, passAlpha);
  const over = scatterForPass(scatter, passAlpha) + instanceScatter(alone, margin, passAlpha);
  const binomial = rateOf(to) / users.trials;
  const by = users.designEffect + (binomial === 0 ? 0 : over / binomial);
  return { to: effective(users, by), before: effective(before, by), alpha: passAlpha };
}
