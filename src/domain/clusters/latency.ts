/**
 * Is `to`'s p95 of warm successes more than `latencyRatio` times `from`'s, beyond how users and moments scatter?
 * Invariant: users and moments are asked apart, and both must say so; a slow phase that both colors share moves neither.
 */
import { quantileRatio } from '../stats/index.ts';
import { catastrophe } from './catastrophe.ts';
import type { DayBlocks } from './day.ts';
import { addHistograms, histogramInterval, histogramSize, type Histogram } from './histogram.ts';
import { instanceScatter } from './instance-scatter.ts';
import { P } from './latency-limits.ts';
import { rule, type ClusterRuling, type LookTerms } from './ruling.ts';
import { earlyMoments, moments } from './scatter.ts';
import type { LatencyArm, LatencySums, Series } from './sums.ts';
import { scatterForPass, timeScatter } from './time-scatter.ts';
import { userScatter } from './user-scatter.ts';

/**
 * @param ratio `latencyRatio`, one of those whose exceedances are stored
 * @param day successes of `from` above `LatencyLimits.dayBucket`, by block of the day before, where it is usable
 * @returns null when an arm timed nothing or `from` has no users
 * @throws RangeError when the sums hold no exceedances of that ratio
 */
export function judgeLatency(
  sums: LatencySums,
  ratio: number,
  terms: LookTerms,
  day: DayBlocks | null = null,
): ClusterRuling | null {
  const { to, from } = sums.arms;
  if (from === null) return null;
  const { alpha } = terms;
  const own = { to: ownSeries(to), from: ownSeries(from) };
  const scatter = { to: userScatter(own.to, alpha), from: userScatter(own.from, alpha) };
  const all = { to: addHistograms(to.histograms), from: addHistograms(from.histograms) };
  const bounds = ratioOf(all, alpha, { to: scatter.to.designEffect, from: scatter.from.designEffect });
  if (bounds === null) return null;
  const arms = { to: slowSeries(to, ratio), from: slowSeries(from, 1) };
  const input = { arms, margin: 1, alpha, blockTicks: sums.grid.blockTicks, day };
  return rule(
    {
      users: {
        ...scatter,
        affected: arms.to.events.users,
        p: null,
        lower: Number.isFinite(bounds.lower) ? bounds.lower : null,
      },
      isOverLimit: bounds.estimate > ratio,
      isBeyondUsers: bounds.lower > ratio,
      moments: moments(input),
      earlyMoments: () => earlyMoments(input),
      catastrophe: catastrophe(sums.recent, null, terms.catastrophe),
      passUpper: () => latencyPassUpper(sums, own, all, terms),
      passLimit: ratio,
    },
    terms,
  );
}

/** Upper bound of the ratio of p95s, both arms at what users and moments leave of them. */
function latencyPassUpper(
  { grid }: LatencySums,
  own: { readonly to: Series; readonly from: Series },
  all: { readonly to: Histogram; readonly from: Histogram },
  { passAlpha }: LookTerms,
): number | null {
  const scatter = timeScatter(own, { blockTicks: grid.blockTicks, margin: 1 });
  if (passAlpha === null || scatter === null || scatter.freedom < 1) return null;
  const users = { to: userScatter(own.to, passAlpha), from: userScatter(own.from, passAlpha) };
  if (users.to.events === 0 || users.from.events === 0) return null;
  const over = scatterForPass(scatter, passAlpha) + instanceScatter(own, 1, passAlpha);
  // Relative to the share of 5 % that lies over an arm's own p95.
  const binomial = P / users.to.events + P / users.from.events;
  const extra = over / (1 - P) ** 2 / binomial;
  const bounds = ratioOf(all, passAlpha, {
    to: users.to.designEffect + extra,
    from: users.from.designEffect + extra,
  });
  return bounds?.upper ?? null;
}

function ratioOf(
  { to, from }: { readonly to: Histogram; readonly from: Histogram },
  alpha: number,
  designEffects: { readonly to: number; readonly from: number },
): ReturnType<typeof quantileRatio> | null {
  if (histogramSize(to) === 0 || histogramSize(from) === 0) return null;
  const one = histogramInterval(to, { p: P, alpha, designEffect: designEffects.to });
  const other = histogramInterval(from, { p: P, alpha, designEffect: designEffects.from });
  return one === null || other === null ? null : quantileRatio(one, other);
}

function ownSeries({ trials, own }: LatencyArm): Series {
  return { trials, events: own };
}

function slowSeries({ trials, slow }: LatencyArm, ratio: number): Series {
  const events = slow[String(ratio)];
  if (events === undefined) {
    throw new RangeError(
      `no exceedances of ratio ${ratio} are stored, only of ${Object.keys(slow).join(', ')}`,
    );
  }
  return { trials, events };
}
