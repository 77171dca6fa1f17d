/**
 * What a look asks of telemetry in two passes over the same lines: histograms of everything, then the sums of each part for the
 * limits that follow from them. How lines are counted: `sums.ts`.
 * Invariant: an engine only counts; which lines are slow, which parts are judged and what follows is decided here, so every engine is
 * judged alike.
 */
import type { Color } from '../color.ts';
import { aloneLimits, type StandIn } from './gone.ts';
import { allBlocks, type Grid } from './grid.ts';
import { addHistograms, bucketMs, quantileBucket, type Histogram } from './histogram.ts';
import { blockShifts, latencyLimits, P } from './latency-limits.ts';
import type { NewClass } from './novelty.ts';
import { CATASTROPHE } from './catastrophe.ts';
import type { ServerErrors } from './server-error.ts';
import { cacheWeights } from './cache.ts';
import {
  STORED_RATIOS,
  type Arms,
  type CacheSums,
  type ErrorSums,
  type LatencySums,
  type Strata,
} from './sums.ts';

/** One region or one route. The whole has no part: null. */
export interface Part {
  readonly dimension: 'region' | 'route';
  readonly name: string;
}

/** What is counted, and when. */
export interface SumsTerms {
  /** Start of tick 0, epoch ms. The last tick ends at `startMs + grid.ticks * grid.tickMs`, which is not in it. */
  readonly startMs: number;
  readonly grid: Grid;
  /** Length of the hold as planned, or of the window that slides, ms. */
  readonly holdMs: number;
  readonly to: Color;
  /** Null once it has no users: then nothing of it is counted, and only the whole is. */
  readonly from: Color | null;
  /** The newest two looks (at the first look: that one), up to the end of the last tick, in equal parts. */
  readonly recent: { readonly startMs: number; readonly parts: number };
  /** A user's failure this soon after that user's failure before it, with nothing good between, is the same one, ms. */
  readonly sameFailureMs: number;
  /** Which classes are failures beside the built-in rule. */
  readonly serverErrors: ServerErrors;
  /** Error classes that are no news: of the day before and of the plan. */
  readonly known: readonly string[];
  /** Blocks on each side of a block that count as the same moment of a new class. */
  readonly apartBlocks: number;
}

/** First pass, of the whole and of {@link toldNames}. Histograms by block, the oldest first, with the short one at the start of the window if there is one. */
export interface PartHistograms {
  readonly part: Part | null;
  /** Users' requests of any outcome. */
  readonly requests: Arms<number>;
  /** End of the body, warm successes. */
  readonly final: Arms<readonly Histogram[]>;
  /** First usable text, of those that tell it. */
  readonly usable: Arms<readonly Histogram[]>;
  /** Eligible cache lookups; null where no line tells node and lifetime. */
  readonly strata: Arms<Strata> | null;
}

/** Which latencies of one series are slow, ms. */
export interface SlowLimits {
  /** Over an arm's own p95 above this. */
  readonly ownMs: Arms<number>;
  /** Slow by block: `from` above `baseMs`, `to` above each ratio × `baseMs`. */
  readonly baseMs: readonly number[];
  readonly ratios: readonly number[];
  /** A catastrophe above this. */
  readonly farMs: number;
}

/** Second pass: what to add up of a part. Null: nothing of that series. */
export interface PartLimits {
  readonly part: Part | null;
  readonly final: SlowLimits | null;
  readonly usable: SlowLimits | null;
  /** How often a lookup of each stratum counts. */
  readonly weights: { readonly to: readonly number[]; readonly from: readonly number[] } | null;
}

export interface PartSums {
  readonly part: Part | null;
  readonly errors: ErrorSums;
  readonly final: LatencySums | null;
  readonly usable: LatencySums | null;
  readonly cache: CacheSums | null;
}

export interface TrafficSums {
  readonly terms: SumsTerms;
  /** The whole first, then regions, then routes, the busiest first. */
  readonly parts: readonly PartSums[];
  readonly novelty: {
    /** Server classes of `to` that are not known and that `from` did not show in the window. */
    readonly classes: readonly NewClass[];
    /** Distinct users at risk. */
    readonly users: Arms<number>;
  };
}

/** A stretch of one color's traffic by block, the oldest first; null where it had none. */
export interface TrafficBlocks {
  readonly color: Color;
  readonly startMs: number;
  readonly blockMs: number;
  /** Trials and server errors as in {@link ErrorSums}; latencies of warm successes. */
  readonly blocks: readonly ({
    readonly trials: number;
    readonly events: number;
    readonly final: Histogram;
    readonly usable: Histogram;
  } | null)[];
}

/** Regions, or routes, that a first pass tells at most; lines of all others are in the whole alone. A log may name a route for each document. */
export const MOST_TOLD = 100;

/**
 * Which names of a dimension a first pass tells: the busiest on `to`, of equal ones the first by name.
 * @param onTo every name that a line has, with its requests on `to`
 */
export function toldNames(onTo: ReadonlyMap<string, number>): ReadonlySet<string> {
  if (onTo.size <= MOST_TOLD) return new Set(onTo.keys());
  const busiest = [...onTo].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Set(busiest.slice(0, MOST_TOLD).map(([name]) => name));
}

/** Parts judged of each dimension at most: the busiest on `to`. */
export const MOST_OF_A_DIMENSION = 12;
/** First usable text is a series of its own when its p95 is at most this share of the whole answer's: the service streams. */
export const STREAMING = 0.9;

/** The day that stands for `from` once it has no users. */
export interface DayOfFrom {
  readonly final: readonly (Histogram | null)[];
  readonly usable: readonly (Histogram | null)[];
  readonly at: StandIn;
}

/**
 * What to add up, from what the first pass saw.
 * @param ratio in force; exceedances are stored for {@link STORED_RATIOS} beside it
 * @param day null: `from` has users, or no day is known
 * @param overP95 how many times `from`'s p95 is a catastrophe
 */
export function limitsOf(
  seen: readonly PartHistograms[],
  { grid, from }: Pick<SumsTerms, 'grid' | 'from'>,
  ratio: number,
  day: DayOfFrom | null,
  overP95: number = CATASTROPHE.overP95,
): PartLimits[] {
  const whole = seen.find(({ part }) => part === null);
  if (whole === undefined) return [];
  const ratios = [...new Set([...STORED_RATIOS, ratio])].toSorted((a, b) => a - b);
  if (from === null) {
    const slow = (key: 'final' | 'usable'): SlowLimits | null =>
      day === null ? null : slowAlone(whole[key].to, day[key], day.at, grid, { ratios, overP95 });
    const streams = day !== null && isEarlier(day.final, day.usable);
    return [{ part: null, final: slow('final'), usable: streams ? slow('usable') : null, weights: null }];
  }
  const shifts = { final: blockShifts(grid, whole.final), usable: blockShifts(grid, whole.usable) };
  return [whole, ...judgedParts(seen)].map((one): PartLimits => {
    const how = { ratios, overP95 };
    const final = slowBeside(one.final, shifts.final, how);
    return {
      part: one.part,
      final,
      usable: isStreaming(one) ? slowBeside(one.usable, shifts.usable, how) : null,
      weights: weightsOf(one.strata),
    };
  });
}

/** Regions, then routes, the busiest first; a dimension with a single value is the whole again. */
function judgedParts(seen: readonly PartHistograms[]): PartHistograms[] {
  return (['region', 'route'] as const).flatMap((dimension) => {
    const there = seen.filter(({ part, requests }) => part?.dimension === dimension && requests.to > 0);
    if (there.length < 2) return [];
    return there
      .toSorted(
        (a, b) => b.requests.to - a.requests.to || ((a.part?.name ?? '') < (b.part?.name ?? '') ? -1 : 1),
      )
      .slice(0, MOST_OF_A_DIMENSION);
  });
}

function isStreaming({ final, usable }: PartHistograms): boolean {
  return final.from !== null && usable.from !== null && isEarlier(final.from, usable.from);
}

function isEarlier(final: readonly (Histogram | null)[], usable: readonly (Histogram | null)[]): boolean {
  const sum = (all: readonly (Histogram | null)[]): Histogram =>
    addHistograms(all.filter((one) => one !== null));
  const [whole, first] = [sum(final), sum(usable)];
  const [a, b] = [quantileBucket(whole, P), quantileBucket(first, P)];
  return a !== null && b !== null && bucketMs(b) <= STREAMING * bucketMs(a);
}

interface SlowTerms {
  readonly ratios: readonly number[];
  readonly overP95: number;
}

function slowBeside(
  arms: Arms<readonly Histogram[]>,
  shifts: readonly number[],
  { ratios, overP95 }: SlowTerms,
): SlowLimits | null {
  const limits = latencyLimits(arms, shifts);
  if (limits === null) return null;
  const { ownMs, baseMs } = limits;
  return { ownMs, baseMs, ratios, farMs: overP95 * ownMs.from };
}

function slowAlone(
  to: readonly Histogram[],
  day: readonly (Histogram | null)[],
  at: StandIn,
  grid: Grid,
  { ratios, overP95 }: SlowTerms,
): SlowLimits | null {
  const own = quantileBucket(addHistograms(to), P);
  const past = aloneLimits(day, at);
  if (own === null || past === null) return null;
  return {
    ownMs: { to: bucketMs(own), from: null },
    baseMs: Array.from({ length: allBlocks(grid) }, () => past.baseMs),
    ratios,
    farMs: overP95 * past.baseMs,
  };
}

function weightsOf(strata: Arms<Strata> | null): PartLimits['weights'] {
  if (strata === null || strata.from === null) return null;
  return { to: cacheWeights(strata.to, strata.from), from: cacheWeights(strata.from, strata.to) };
}
