/**
 * The chance that one look of a hold ahead fails, by a fault of a given size.
 * Invariant: the tests of the rule itself, asked of the counts that are expected.
 */
import { normalCdf, normalQuantile, quantileRatio } from '../stats/index.ts';
import type { HoldAhead, Slice, UsualTraffic } from './ahead.ts';
import type { DayScatter } from './day.ts';
import { rateRatioPValue } from './exact-rate.ts';
import { isPastEarliest, timeUnits } from './grid.ts';
import {
  bucketMs,
  bucketOfMs,
  countAbove,
  histogramInterval,
  histogramSize,
  quantileBucket,
  type Histogram,
} from './histogram.ts';
import { P } from './latency-limits.ts';
import { needsAhead, type LookAhead } from './sight-scatter.ts';

/** Share of holds that must fail for a size to count as seen. */
export const POWER = 0.8;
/** Of users whose requests scatter as independent ones: chance shows a little more. */
const DESIGN_EFFECT = 1.1;
const LEAST_BINS = 5;
const HOUR_MS = 3_600_000;
/** Halvings of a range. */
const STEPS = 20;
/** Luck beyond so many standard errors does not happen. */
const MOST_LUCK = 6;

/** What a look adds up to, as expected. */
export interface Expected extends LookAhead {
  /** 1-based. */
  readonly index: number;
  readonly users: { readonly to: number; readonly from: number };
}

/** @returns null at a look that can fail by a catastrophe only */
export function expectedAt(
  { requestsPerHour, requestsPerUser }: UsualTraffic,
  hold: HoldAhead,
  { traffic, level }: Slice,
  look: number,
): Expected | null {
  const { holdMs, blockMs, levels, share, day } = hold;
  const units = timeUnits(holdMs, blockMs);
  const ticks = Math.round((holdMs * look) / levels.length / units.tickMs);
  const isEarly = !isPastEarliest({ ...units, ticks }, holdMs);
  const isAlone = share >= 1;
  if (day === null ? isAlone || isEarly : isEarly && (isAlone || !hold.early)) return null;
  const hours = (ticks * units.tickMs) / HOUR_MS;
  const all = requestsPerHour * traffic * hours;
  // Users come back within a hold: one that is half as long has more than half of its users.
  const each = Math.max(1, requestsPerUser * hours);
  return {
    index: look,
    to: all * share,
    from: isAlone ? all : all * (1 - share),
    users: { to: (all * share) / each, from: (isAlone ? all : all * (1 - share)) / each },
    isAlone,
    ticks,
    blocks: Math.floor(ticks / units.blockTicks),
    alpha: (levels[look - 1] ?? 0) * level,
    isEarly,
  };
}

/** A look, and the day of `from` at its length. */
export interface AtLook {
  readonly look: Expected;
  readonly past: DayScatter | null;
}

type Limits = HoldAhead['limits'];

/** @param usual error rate of `from` */
export function errorPower({ look, past }: AtLook, usual: number, rate: number, limits: Limits): number {
  const { errorRatio: margin, errorFloor } = limits;
  const rates = { to: rate, from: usual };
  const enough = chanceOfEnough(look, limits, rate);
  if (enough < POWER) return 0;
  const spread = spreadOf(look, rates, margin);
  const arm = (n: number, share: number): { trials: number; events: number } => ({
    trials: n / DESIGN_EFFECT,
    events: (n * Math.max(0, share)) / DESIGN_EFFECT,
  });
  const luck = worstLuck((unlucky) => {
    const seen = spread.at(unlucky);
    const p = rateRatioPValue(arm(look.to, seen.to), arm(look.from, seen.from), margin);
    return seen.to > Math.max(errorFloor, margin * seen.from) && p <= look.alpha;
  });
  return enough * power(luck, rate - margin * usual, spread.sd, needsAhead(look, rates, margin, past));
}

/** @param shape latencies of `from`, in large numbers */
export function ratioPower({ look, past }: AtLook, shape: Histogram, ratio: number, limits: Limits): number {
  const { latencyRatio: limit } = limits;
  const size = histogramSize(shape);
  const bucket = quantileBucket(shape, P);
  if (bucket === null) return 0;
  const above = countAbove(shape, bucketOfMs((bucketMs(bucket) * limit) / ratio));
  const rates = { to: above / size, from: 1 - P };
  const enough = chanceOfEnough(look, limits, rates.to);
  if (enough < POWER) return 0;
  const below = (alpha: number): number => {
    const of = (n: number): ReturnType<typeof histogramInterval> =>
      histogramInterval(shape, { p: P, alpha, designEffect: Math.max(1, (size * DESIGN_EFFECT) / n) });
    const [one, other] = [of(look.to), of(look.from)];
    return one === null || other === null ? Infinity : -Math.log(quantileRatio(one, other).lower);
  };
  const error = below(1 - POWER) / normalQuantile(POWER);
  const luck = (Math.log(ratio / limit) - below(look.alpha)) / error;
  const { sd } = spreadOf(look, rates, 1);
  return enough * power(luck, rates.to - rates.from, sd, needsAhead(look, rates, 1, past));
}

/**
 * Chance that both tests fail a look.
 * @param luck standard errors by which the difference may come out smaller and still stand out of users
 * @param need of equally likely amounts of scatter; null: the look cannot be judged
 */
function power(luck: number, effect: number, sd: number, need: readonly number[] | null): number {
  if (need === null || sd === 0) return 0;
  const chances = need.map((one) => normalCdf(Math.min(luck, (effect - one) / sd)));
  return chances.reduce((sum, one) => sum + one, 0) / chances.length;
}

/** Largest number of standard errors at which a test still fails the look, within {@link MOST_LUCK}. */
function worstLuck(fails: (unlucky: number) => boolean): number {
  let [failed, missed] = [-MOST_LUCK, MOST_LUCK];
  if (!fails(failed)) return failed;
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (failed + missed) / 2;
    if (fails(middle)) failed = middle;
    else missed = middle;
  }
  return failed;
}

/** Enough requests, users and affected users. */
function chanceOfEnough({ to, from, users }: Expected, limits: Limits, rate: number): number {
  const perUser = to / users.to;
  const affected = users.to * (1 - (1 - rate) ** perUser);
  // A user who asks often makes the number of requests jump.
  const jump = Math.sqrt(1 + 2 * (perUser - 1) + 1);
  const requests = normalCdf(
    (Math.min(to, from) - limits.minSamples) / (jump * Math.sqrt(Math.min(to, from))),
  );
  const few = Math.min(atLeast(LEAST_BINS, users.to), atLeast(LEAST_BINS, users.from));
  return Math.min(requests, few, atLeast(limits.minUsers, affected));
}

/** P(a Poisson count reaches `least`). */
function atLeast(least: number, mean: number): number {
  let [term, below] = [Math.exp(-mean), 0];
  for (let i = 0; i < least; i += 1) {
    below += term;
    term *= mean / (i + 1);
  }
  return 1 - below;
}

/** How the difference scatters, and the rates of a hold in which it is so many standard errors smaller. */
function spreadOf(
  { to, from }: Expected,
  rates: { readonly to: number; readonly from: number },
  margin: number,
): {
  readonly sd: number;
  readonly at: (unlucky: number) => { readonly to: number; readonly from: number };
} {
  const own = (DESIGN_EFFECT * rates.to * (1 - rates.to)) / to;
  const other = (DESIGN_EFFECT * margin * margin * rates.from * (1 - rates.from)) / from;
  const sd = Math.sqrt(own + other);
  return {
    sd,
    at: (unlucky) => ({
      to: rates.to - (unlucky * own) / (sd || 1),
      from: Math.max(0, rates.from + (unlucky * other) / (sd || 1) / margin),
    }),
  };
}
