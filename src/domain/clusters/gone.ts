/**
 * After the flip `from` has no users: its stored day stands for it, the same hours if they were read, else all of it.
 * Invariant: the day's scatter and `to`'s own in the hold are added, so nothing that either shows is taken for a fault.
 */
import { normalUpperQuantile, quantileRatio } from '../stats/index.ts';
import { CATASTROPHE, catastrophe, type CatastropheLimits } from './catastrophe.ts';
import { dayScatter, isUsable, levelOf, scatterOfDay, withoutIncident, type DayBlocks } from './day.ts';
import { rateRatioPValue, rateRatioUpper, rateUpper } from './exact-rate.ts';
import {
  addHistograms,
  bucketMs,
  bucketOfMs,
  countAbove,
  histogramInterval,
  histogramSize,
  quantileBucket,
  type Histogram,
} from './histogram.ts';
import { instanceScatter } from './instance-scatter.ts';
import { P } from './latency-limits.ts';
import type { ErrorLimits } from './error-rate.ts';
import { effective, rule, type ClusterRuling, type LookTerms } from './ruling.ts';
import { rateOf, type Moments } from './scatter.ts';
import type { ErrorSums, LatencySums, Series } from './sums.ts';
import { scatterForPass, scatterOverTime, timeScatter, type TimeScatter } from './time-scatter.ts';
import { userScatter, widening, type UserScatter } from './user-scatter.ts';

const DAY_MS = 86_400_000;

/** Which blocks of the day stand for `from`: from `first` on, as many as the hold has; null: all of them. */
export interface StandIn {
  readonly first: number | null;
  readonly blocks: number;
}

/**
 * The blocks of a day at the hours of a window.
 * @param day its blocks end at `endMs`, each `blockMs` long
 * @param windowStartMs start of the first whole block of the hold
 * @returns `first` null where one of those blocks is missing or belongs to the day's incident
 */
export function sameHours(
  day: { readonly blocks: DayBlocks; readonly endMs: number; readonly blockMs: number },
  windowStartMs: number,
  blocks: number,
): StandIn {
  const startMs = day.endMs - day.blocks.length * day.blockMs;
  const backMs = DAY_MS * Math.max(1, Math.ceil((windowStartMs + blocks * day.blockMs - day.endMs) / DAY_MS));
  const first = Math.round((windowStartMs - backMs - startMs) / day.blockMs);
  const used = withoutIncident(day.blocks);
  const isWhole = Array.from({ length: blocks }, (_, i) => used[first + i] ?? null).every(
    (one) => one !== null,
  );
  return { first: isWhole && blocks > 0 ? first : null, blocks };
}

interface Past {
  readonly trials: number;
  readonly events: number;
  readonly rate: number;
  /** E_day at a level. */
  readonly scatter: (rateOfTo: number, margin: number, alpha: number) => number;
}

/** Null where the day is no measure: too short, or without a request. */
function pastOf(day: DayBlocks, at: StandIn, blocksOfHold: number): Past | null {
  const used = withoutIncident(day);
  const scatter = dayScatter(used, Math.max(1, at.blocks));
  const { first } = at;
  const part = first === null ? used : used.slice(first, first + at.blocks);
  const sum = (what: 'trials' | 'events'): number =>
    part.reduce((total, block) => total + (block?.[what] ?? 0), 0);
  const [trials, events] = [sum('trials'), sum('events')];
  if (scatter === null || trials === 0 || !isUsable(day, blocksOfHold)) return null;
  const rate = events / trials;
  return {
    trials,
    events,
    rate,
    scatter: (rateOfTo, margin, alpha) => {
      const rates = { to: rateOfTo, from: rate };
      if (first !== null) return scatterOfDay(scatter, rates, margin, alpha);
      // Another hour is another rate: a window strays from the day's mean, not from its neighbours only.
      const freedom = Math.max(1, scatter.windows - 1);
      return scatter.aboutMean * levelOf(scatter, rates, margin) * widening(alpha, freedom);
    },
  };
}

/** Server errors of `to` against the day of `from`. Null where no day can stand for it. */
export function judgeErrorRateAlone(
  sums: ErrorSums,
  limits: ErrorLimits,
  terms: LookTerms,
  day: DayBlocks,
  at: StandIn,
  blocksOfHold: number,
): ClusterRuling | null {
  const past = pastOf(day, at, blocksOfHold);
  if (past === null) return null;
  const { to } = sums.arms;
  const { errorRatio: margin, errorFloor } = limits;
  const users = userScatter(to, terms.alpha);
  const limit = Math.max(errorFloor, margin * past.rate);
  const p = rateRatioPValue(
    effective(users, users.designEffect),
    effective(past, users.designEffect),
    margin,
  );
  return rule(
    {
      users: { to: users, from: standIn(past, users), affected: to.events.users, p, lower: null },
      isOverLimit: rateOf(to) > limit,
      isBeyondUsers: p <= terms.alpha,
      moments: momentsAlone(to, past, margin, sums.grid.blockTicks, terms.alpha),
      earlyMoments: () => null,
      catastrophe: catastrophe({ to: sums.recent.to, from: null }, past.rate, terms.catastrophe),
      passUpper: () => {
        const passing = atPass(to, past, margin, sums.grid.blockTicks, terms);
        if (passing === null) return null;
        const [one, other] = [effective(passing.users, passing.by), effective(past, passing.by)];
        return Math.min(
          rateRatioUpper(one, other, passing.alpha) / margin,
          limit === 0 ? Infinity : rateUpper(one, passing.alpha) / limit,
        );
      },
      passLimit: 1,
    },
    terms,
  );
}

/** What is slow after the flip, ms: above `baseMs` of the day's own hours, and above ratio × `baseMs` for `to`. */
export function aloneLimits(
  day: readonly (Histogram | null)[],
  { first, blocks }: StandIn,
): { readonly baseMs: number; readonly dayBucket: number; readonly all: Histogram } | null {
  const part = first === null ? day : day.slice(first, first + blocks);
  const all = addHistograms(part.filter((one) => one !== null));
  const bucket = quantileBucket(all, P);
  return bucket === null ? null : { baseMs: bucketMs(bucket), dayBucket: bucket, all };
}

/**
 * Latency of `to` against the day of `from`.
 * @param all the latencies of the day that stand for `from`
 * @param day those above `dayBucket`, by block
 */
export function judgeLatencyAlone(
  sums: LatencySums,
  ratio: number,
  terms: LookTerms,
  {
    all,
    day,
    at,
    blocksOfHold,
  }: {
    readonly all: Histogram;
    readonly day: DayBlocks;
    readonly at: StandIn;
    readonly blocksOfHold: number;
  },
): ClusterRuling | null {
  const past = pastOf(day, at, blocksOfHold);
  const { to } = sums.arms;
  const events = to.slow[String(ratio)];
  if (past === null || events === undefined) return null;
  const own: Series = { trials: to.trials, events: to.own };
  const slow: Series = { trials: to.trials, events };
  const ofTo = addHistograms(to.histograms);
  const bounds = (alpha: number, designEffect: number): ReturnType<typeof quantileRatio> | null => {
    const one = histogramInterval(ofTo, { p: P, alpha, designEffect });
    const other = histogramInterval(all, { p: P, alpha, designEffect });
    return one === null || other === null ? null : quantileRatio(one, other);
  };
  const users = userScatter(own, terms.alpha);
  const seen = bounds(terms.alpha, users.designEffect);
  if (seen === null) return null;
  return rule(
    {
      users: {
        to: users,
        from: standIn(past, users),
        affected: events.users,
        p: null,
        lower: Number.isFinite(seen.lower) ? seen.lower : null,
      },
      isOverLimit: seen.estimate > ratio,
      isBeyondUsers: seen.lower > ratio,
      moments: momentsAlone(slow, past, 1, sums.grid.blockTicks, terms.alpha),
      earlyMoments: () => null,
      catastrophe: catastrophe(
        { to: sums.recent.to, from: null },
        farShare(all, terms.catastrophe),
        terms.catastrophe,
      ),
      passUpper: () => {
        const passing = atPass(own, past, 1, sums.grid.blockTicks, terms);
        return passing === null ? null : (bounds(passing.alpha, passing.by)?.upper ?? null);
      },
      passLimit: ratio,
    },
    terms,
  );
}

/** Share of the day's latencies that a catastrophe would call bad. */
function farShare(all: Histogram, { overP95 }: CatastropheLimits = CATASTROPHE): number {
  const bucket = quantileBucket(all, P);
  const size = histogramSize(all);
  return bucket === null ? 0 : countAbove(all, bucketOfMs(overP95 * bucketMs(bucket))) / size;
}

/** The day says nothing of users: it is taken to be as clustered as `to`. */
function standIn({ trials, events }: Past, users: UserScatter): UserScatter {
  return { ...users, trials, events };
}

function momentsAlone(
  to: Series,
  past: Past,
  margin: number,
  blockTicks: number,
  alpha: number,
): Moments | null {
  const scatter = timeScatter({ to, from: null }, { blockTicks, margin });
  if (scatter === null) return null;
  const rate = rateOf(to);
  const ofDay = past.scatter(rate, margin, alpha);
  const ownScatter = scatterOverTime(scatter, alpha);
  // As beside `from`: a lasting fault inflates the hold's own scatter, and the day says how far it may be believed.
  const ofHold = Math.min(ownScatter, Math.max(ofDay, scatter.left));
  const ofInstances = instanceScatter({ to, from: null }, margin, alpha);
  const isEnough = scatter.blocks >= 3 && Number.isFinite(ownScatter);
  return {
    effect: rate - margin * past.rate,
    need: isEnough ? normalUpperQuantile(alpha) * Math.sqrt(ofDay + ofHold + ofInstances) : null,
    scatter: isEnough ? ofDay + ofHold : null,
    decidedBy: ofDay >= ofHold ? 'day' : 'hold',
    ofHold: Number.isFinite(ownScatter) ? ownScatter : null,
    ofDay,
    ofInstances,
    blocks: scatter.blocks,
    correlation: scatter.correlation,
    unshared: 1,
  };
}

/** By what both arms are divided for a PASS; null before the end or with one block. */
function atPass(
  to: Series,
  past: Past,
  margin: number,
  blockTicks: number,
  { passAlpha }: LookTerms,
): { readonly users: UserScatter; readonly by: number; readonly alpha: number } | null {
  const scatter: TimeScatter | null = timeScatter({ to, from: null }, { blockTicks, margin });
  if (passAlpha === null || scatter === null || scatter.freedom < 1) return null;
  const users = userScatter(to, passAlpha);
  const rate = rateOf(to);
  const over =
    scatterForPass(scatter, passAlpha) +
    past.scatter(rate, margin, passAlpha) +
    instanceScatter({ to, from: null }, margin, passAlpha);
  const binomial = rate / users.trials + (margin ** 2 * past.rate) / past.trials;
  return { users, by: users.designEffect + (binomial === 0 ? 0 : over / binomial), alpha: passAlpha };
}
