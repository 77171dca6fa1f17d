/**
 * Do users of `to` meet more server errors than `errorRatio` times those of `from`, beyond how users and moments scatter?
 * Invariant: a user's failure counts once, one user never decides, and PASS allows for the same scatter as FAIL.
 */
import { catastrophe } from './catastrophe.ts';
import type { DayBlocks } from './day.ts';
import { effective, rule, type ClusterRuling, type LookTerms } from './ruling.ts';
import { rateRatioPValue, rateRatioUpper, rateUpper } from './exact-rate.ts';
import { instanceScatter } from './instance-scatter.ts';
import { earlyMoments, moments, rateOf } from './scatter.ts';
import type { ErrorSums, Series } from './sums.ts';
import { scatterForPass, timeScatter } from './time-scatter.ts';
import { userScatter } from './user-scatter.ts';

export interface ErrorLimits {
  /** m: largest rate of `to` over `from`. */
  readonly errorRatio: number;
  /** Rate that is always fine. */
  readonly errorFloor: number;
}

/**
 * @param day server errors of `from` by block of the day before, where it is usable
 * @throws RangeError without `from`
 */
export function judgeErrorRate(
  sums: ErrorSums,
  limits: ErrorLimits,
  terms: LookTerms,
  day: DayBlocks | null = null,
): ClusterRuling {
  const { to, from } = sums.arms;
  if (from === null) throw new RangeError('there is no other color to compare with');
  const { alpha } = terms;
  const scatter = { to: userScatter(to, alpha), from: userScatter(from, alpha) };
  const p = rateRatioPValue(
    effective(scatter.to, scatter.to.designEffect),
    effective(scatter.from, scatter.from.designEffect),
    limits.errorRatio,
  );
  const input = {
    arms: sums.arms,
    margin: limits.errorRatio,
    alpha,
    blockTicks: sums.grid.blockTicks,
    day,
  };
  const limit = Math.max(limits.errorFloor, limits.errorRatio * rateOf(from));
  return rule(
    {
      users: { ...scatter, affected: to.events.users, p, lower: null },
      isOverLimit: rateOf(to) > limit,
      isBeyondUsers: p <= alpha,
      moments: moments(input),
      earlyMoments: () => earlyMoments(input),
      catastrophe: catastrophe(sums.recent, null, terms.catastrophe),
      passUpper: () => errorPassUpper(sums, { to, from }, limits, terms),
      passLimit: 1,
    },
    terms,
  );
}

/** Upper bound of the rate of `to` over its limit: the smaller of the ratio's and of the rate's own. */
function errorPassUpper(
  { arms, grid }: ErrorSums,
  { to, from }: { readonly to: Series; readonly from: Series },
  { errorRatio, errorFloor }: ErrorLimits,
  { passAlpha }: LookTerms,
): number | null {
  const scatter = timeScatter(arms, { blockTicks: grid.blockTicks, margin: errorRatio });
  if (passAlpha === null || scatter === null || scatter.freedom < 1) return null;
  const users = { to: userScatter(to, passAlpha), from: userScatter(from, passAlpha) };
  const rates = { to: rateOf(to), from: rateOf(from) };
  const binomial = rates.to / users.to.trials + (errorRatio ** 2 * rates.from) / users.from.trials;
  const over = scatterForPass(scatter, passAlpha) + instanceScatter(arms, errorRatio, passAlpha);
  const extra = binomial === 0 ? 0 : over / binomial;
  const [one, other] = [
    effective(users.to, users.to.designEffect + extra),
    effective(users.from, users.from.designEffect + extra),
  ];
  const limit = Math.max(errorFloor, errorRatio * rates.from);
  return Math.min(
    rateRatioUpper(one, other, passAlpha) / errorRatio,
    limit === 0 ? Infinity : rateUpper(one, passAlpha) / limit,
  );
}
