/**
 * Latency of users' warm successes, from the sums of one part: against `from` in the same time, after the flip against its day.
 * Invariant: users and moments both have to say that `to` is slower; a series without a day after the flip says nothing.
 */
import {
  addHistograms,
  aloneLimits,
  blockShifts,
  bucketOfMs,
  dayOfFrom,
  histogramInterval,
  histogramSize,
  judgeLatency,
  judgeLatencyAlone,
  latencyLimits,
  p95Ms,
  p95Wander,
  ratioToStandOut,
  slowByBlock,
  type ClusterRuling,
  type DayBlocks,
  type Histogram,
  type LatencyArm,
  type LatencySums,
  type LookTerms,
  type PartSums,
  type SumsTerms,
} from '../clusters/index.ts';
import type { GateEffect } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { blocksOfHold, clustersOf, dayBeside, lookTerms, mayBeEarly, usable } from './clustered.ts';
import { sourceSaid, whySaid } from './cluster-words.ts';
import { requiredSample, type JudgedSeries } from './latency-series.ts';
import type { LookLevels } from './look-plan.ts';
import { percent } from './ruling.ts';

export type UserSeries = 'final' | 'usable';

/** Both arms of one series, and how they are judged. */
export interface UserLatency {
  readonly to: Histogram;
  readonly from: Histogram;
  readonly judge: (levels: Pick<LookLevels, 'fail' | 'pass'>) => JudgedSeries | null;
}

const NAMES: Readonly<Record<UserSeries, string>> = { final: 'users', usable: 'users (usable)' };

/** Null where an arm timed nothing, or nothing stands for `from`. */
export function userLatency(
  input: LookInput,
  terms: SumsTerms,
  { part, ...series }: PartSums,
  key: UserSeries,
): UserLatency | null {
  const sums = series[key];
  if (sums === null) return null;
  const isWhole = part === null;
  const against =
    sums.arms.from === null ? alone(input, terms, sums, key) : beside(input, terms, sums, isWhole && key);
  if (against === null) return null;
  const to = addHistograms(sums.arms.to.histograms);
  const { from } = against;
  return { to, from, judge: (levels) => judged(input, terms, sums, NAMES[key], { ...against, to }, levels) };
}

/** What a look is judged against: `from`, or what stands for it. */
interface Against {
  readonly from: Histogram;
  readonly isEarly: boolean;
  readonly judge: (terms: LookTerms) => ClusterRuling | null;
}

/** @param dayOf series whose day is used; false for a part */
function beside(
  input: LookInput,
  terms: SumsTerms,
  sums: LatencySums,
  dayOf: UserSeries | false,
): Against | null {
  const { to, from } = sums.arms;
  if (from === null) return null;
  const day = dayOf === false ? null : slowDay(input, terms, { ...sums, arms: { to, from } }, dayOf);
  return {
    from: addHistograms(from.histograms),
    isEarly: mayBeEarly(input, day, { to, from }),
    judge: (at) => judgeLatency(sums, input.settings.latencyRatio, at, day),
  };
}

/** Successes of the day that would be slow in this look, by block. */
function slowDay(
  input: LookInput,
  terms: SumsTerms,
  { grid, arms }: { readonly grid: LatencySums['grid']; readonly arms: Record<'to' | 'from', LatencyArm> },
  series: UserSeries,
): DayBlocks | null {
  const stored = dayBeside(input, terms);
  if (stored === null) return null;
  const histograms = { to: arms.to.histograms, from: arms.from.histograms };
  const limits = latencyLimits(histograms, blockShifts(grid, histograms));
  return limits === null ? null : usable(slowByBlock(stored, series, limits.dayBucket), terms);
}

function alone(input: LookInput, terms: SumsTerms, sums: LatencySums, key: UserSeries): Against | null {
  const { settings } = input;
  const stored = dayBeside(input, terms);
  const day = dayOfFrom(input.baseline?.days ?? [], terms, settings.history.ignore);
  const limits = day === null ? null : aloneLimits(day[key], day.at);
  if (stored === null || day === null || limits === null) return null;
  const { all, dayBucket } = limits;
  const past = {
    all,
    day: slowByBlock(stored, key, dayBucket),
    at: day.at,
    blocksOfHold: blocksOfHold(terms),
  };
  return {
    from: all,
    isEarly: false,
    judge: (look) => judgeLatencyAlone(sums, settings.latencyRatio, look, past),
  };
}

function judged(
  input: LookInput,
  terms: SumsTerms,
  sums: LatencySums,
  name: string,
  { to, from, isEarly, judge }: Against & { readonly to: Histogram },
  levels: Pick<LookLevels, 'fail' | 'pass'>,
): JudgedSeries | null {
  const [toP95, fromP95] = [p95Ms(to), p95Ms(from)];
  // The lowest bucket is 0 ms: nothing was measured.
  if (toP95 === null || fromP95 === null || bucketOfMs(Math.min(toP95, fromP95)) === 0) return null;
  const limit = input.settings.latencyRatio;
  const look = lookTerms(input, terms, levels, isEarly);
  const ruling = judge(look);
  const events = sums.arms.to.slow[String(limit)];
  if (ruling === null || events === undefined) return null;
  const ratio = toP95 / fromP95;
  const upper = ruling.passUpper ?? Infinity;
  const n = Math.min(histogramSize(to), histogramSize(from));
  const effect: GateEffect = {
    kind: 'ratio',
    estimate: ratio,
    lower: ruling.users.lower,
    upper: ruling.passUpper,
    alpha: levels.fail,
    method:
      'p95 of 1 % buckets + MOVER; FAIL: at effective sizes over users, and scatter of blocks; PASS: at sizes that allow for both',
  };
  const arm = (all: Histogram, designEffect: number) => {
    const ci = histogramInterval(all, { alpha: levels.pass, designEffect });
    return {
      n: histogramSize(all),
      value: p95Ms(all),
      ci: ci === null ? null : ([ci.lower, ci.upper] as const),
    };
  };
  const told = {
    to: input.to,
    from: input.from,
    events: 'slow answers',
    terms: look,
    series: { trials: sums.arms.to.trials, events },
    standsOut: standsOut(input, sums, ruling, ratio),
    isAlone: sums.arms.from === null,
  };
  return {
    name,
    n,
    ratio,
    failLower: ruling.users.lower ?? -Infinity,
    passUpper: upper,
    isFail: ruling.verdict === 'fail',
    isSlower: isSlower(ruling, () => judge({ ...look, alpha: levels.pass, passAlpha: null })),
    isPass: ruling.verdict === 'pass',
    why: whySaid(ruling, told),
    decides: true,
    clusters: clustersOf(ruling, look, sums.arms.to.trials.users),
    fromP95,
    toP95,
    deff: Math.max(ruling.users.to.designEffect, ruling.users.from.designEffect),
    required: requiredSample(n, { estimate: ratio, upper }, levels.pass, limit),
    record: {
      name,
      from: arm(from, ruling.users.from.designEffect),
      to: arm(to, ruling.users.to.designEffect),
      effect,
    },
  };
}

function isSlower({ verdict, stoppedBy }: ClusterRuling, atPass: () => ClusterRuling | null): boolean {
  return verdict === 'fail' || (!stoppedBy.includes('limit') && atPass()?.verdict === 'fail');
}

function standsOut(
  { to, from, settings }: LookInput,
  sums: LatencySums,
  ruling: ClusterRuling,
  ratio: number,
): string {
  const { arms } = sums;
  const [color, arm] = arms.from === null ? [to, arms.to] : [from, arms.from];
  const wander = p95Wander(arm.histograms);
  const strays =
    wander === null ? '' : `${color}'s own p95 wanders by ${percent(wander, 0)} within the hold; `;
  const enough = ratioToStandOut(sums, settings.latencyRatio, ruling, ratio);
  const source = sourceSaid(ruling.moments?.decidedBy ?? '');
  return enough === null
    ? `${strays}no latency of ${to} would stand out${source}.`
    : `${strays}${to} would have to be ${percent(Math.max(0, enough - 1), 0)} slower to stand out${source}.`;
}
