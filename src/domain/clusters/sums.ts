/**
 * What a look stores of users' traffic: sums of counts, the same size at any volume, and all that a verdict needs.
 *
 * Filling them, for any engine (`count-lines.ts` does it over lines in memory and is what others are compared with):
 * - One row per line that counts. *Errors*: users' requests; a user's failure is left out, as trial and as event, when the same
 *   user's line before it on that color failed too and is less than `sameFailure` (60 s) older. Lines of one instant: what did not
 *   fail first, then by region, route, instance bin. Failure and event are a server error, by the rule of `server-error.ts`. *Latency*: warm successes. *Cache*: eligible
 *   lookups, each counted `weight` times, weights as {@link CacheSums} says, eligibility as `lookups.ts`.
 * - Each row has a user bin (the top 9 bits of the keyed 64-bit hash of the user, 16 small hex digits; without a key the client's
 *   address, without both a user of its own: `userBin`), a tick, and an instance bin where the line names one (`instanceBin`).
 * - Only lines inside the ticks are looked at, also for repeats and for what a cache has seen.
 * - `WITH cells AS (SELECT part, color, bin, tick, count(*) AS n, count(*) FILTER (WHERE bad) AS x FROM rows GROUP BY ALL)`; all of
 *   {@link Trials} and {@link Events} but the users and the instances are sums over these cells. A block's cell is the sum of its
 *   ticks' cells: group them again before squaring. Blocks are whole ones counted back from the end of the look; older ticks
 *   count in `byBin`, `byTick` and `users`, and in the squares over ticks, and in no square over blocks.
 * - The whole, each region and each route are grouped for themselves: squares of cells do not add up over regions that share a user.
 * - Ticks of a pause are left out on both arms before ticks are numbered.
 *
 * Invariant: integers only, so that engines and recomputation agree to the bit. Sums merge by addition only where no user bin
 * is in both (a cluster sharded by user); anything else (files, machines, ticks) is added as cells, before it is squared.
 */
import { addHistograms, type Histogram } from './histogram.ts';
import type { Grid } from './grid.ts';

/** Bins that users are hashed into. Another number makes other sums. */
export const USER_BINS = 512;
/** Bins that instances are hashed into. */
export const INSTANCE_BINS = 64;

interface Counts {
  /** 512 sums. */
  readonly byBin: readonly number[];
  /** One sum for each tick of the grid. */
  readonly byTick: readonly number[];
  /** 64 sums over lines that name an instance; empty when none of the trials does. */
  readonly byInstance: readonly number[];
  /** Distinct users. */
  readonly users: number;
}

/** Trials of one arm. */
export interface Trials extends Counts {
  /** Σn² over cells of user bin × whole block, and of user bin × tick. */
  readonly squares: { readonly block: number; readonly tick: number };
}

/** Events among the trials of one arm. */
export interface Events extends Counts {
  /** Σnx and Σx² over the same cells. */
  readonly squares: {
    readonly block: CellProducts;
    readonly tick: CellProducts;
  };
}

export interface CellProducts {
  readonly nx: number;
  readonly xx: number;
}

/** One arm of one series: trials, and one kind of event among them. */
export interface Series {
  readonly trials: Trials;
  readonly events: Events;
}

/** The newest two looks (at the first look: that one) cut into equal parts of time, for what is too bad to wait. */
export interface Recent {
  /** Trials and events by part, the oldest first: six parts, three at the first look. */
  readonly trials: readonly number[];
  readonly events: readonly number[];
  /** Distinct users in all of it, and those with an event. */
  readonly users: number;
  readonly affected: number;
}

/** Both colors; `from` is null when it has no users any more. */
export interface Arms<T> {
  readonly to: T;
  readonly from: T | null;
}

export interface ErrorSums {
  readonly grid: Grid;
  readonly arms: Arms<Series>;
  readonly recent: Arms<Recent>;
}

/** Latency of one arm. All events share its trials. */
export interface LatencyArm {
  /** By block, the oldest first, with the short one at the start of the window if there is one. */
  readonly histograms: readonly Histogram[];
  readonly trials: Trials;
  /** Slower than this arm's own p95. */
  readonly own: Events;
  /** Slower than the limit of the moments, by ratio; `from` has its one limit under `1`. */
  readonly slow: Readonly<Record<string, Events>>;
}

export interface LatencySums {
  readonly grid: Grid;
  readonly arms: Arms<LatencyArm>;
  /** An event is a success slower than five times `from`'s p95 of the same time. */
  readonly recent: Arms<Recent>;
}

/** Ratios whose exceedances a look stores, beside the one in force. */
export const STORED_RATIOS = [1.05, 1.1, 1.25, 1.5, 2] as const;

/** Strata of the time since a key was last asked for. */
export const STRATA = 16;

/** Lookups and hits by stratum of the seconds since the key was last asked for on that node and color: ⌊log₂ gap⌋, 0 to 15. */
export interface Strata {
  readonly trials: readonly number[];
  readonly hits: readonly number[];
}

/**
 * Cache lookups of one arm. The series counts each lookup `weight` times, an integer by stratum from `cacheWeights`; its events
 * are misses.
 */
export interface CacheArm {
  readonly strata: Strata;
  readonly series: Series;
}

export interface CacheSums {
  readonly grid: Grid;
  readonly arms: { readonly to: CacheArm; readonly from: CacheArm };
}

/**
 * Sums of two shards of the same part and window.
 * @throws RangeError when a user bin is in both, or their ticks, thresholds or ratios differ: then the result would be wrong
 */
export function mergeErrors(one: ErrorSums, two: ErrorSums): ErrorSums {
  return {
    grid: sameGrid(one.grid, two.grid),
    arms: mergeArms(one.arms, two.arms, mergeSeries),
    recent: mergeArms(one.recent, two.recent, mergeRecent),
  };
}

/** As {@link mergeErrors}. */
export function mergeLatency(one: LatencySums, two: LatencySums): LatencySums {
  return {
    grid: sameGrid(one.grid, two.grid),
    arms: mergeArms(one.arms, two.arms, mergeLatencyArm),
    recent: mergeArms(one.recent, two.recent, mergeRecent),
  };
}

/** As {@link mergeErrors}. */
export function mergeCache(one: CacheSums, two: CacheSums): CacheSums {
  return {
    grid: sameGrid(one.grid, two.grid),
    arms: {
      to: mergeCacheArm(one.arms.to, two.arms.to),
      from: mergeCacheArm(one.arms.from, two.arms.from),
    },
  };
}

function mergeArms<T>(one: Arms<T>, two: Arms<T>, merge: (a: T, b: T) => T): Arms<T> {
  const from = one.from === null || two.from === null ? (one.from ?? two.from) : merge(one.from, two.from);
  return { to: merge(one.to, two.to), from };
}

function mergeLatencyArm(one: LatencyArm, two: LatencyArm): LatencyArm {
  refuseShared(one.trials, two.trials);
  const ratios = Object.keys(one.slow);
  if (ratios.length !== Object.keys(two.slow).length) throw new RangeError('latency sums of other ratios');
  return {
    histograms: one.histograms.map((histogram, i) => {
      const other = two.histograms[i];
      if (other === undefined) throw new RangeError('latency sums of other blocks');
      return addHistograms([histogram, other]);
    }),
    trials: mergeTrials(one.trials, two.trials),
    own: mergeEvents(one.own, two.own),
    slow: Object.fromEntries(
      ratios.map((ratio) => {
        const [a, b] = [one.slow[ratio], two.slow[ratio]];
        if (a === undefined || b === undefined) throw new RangeError(`latency sums without ratio ${ratio}`);
        return [ratio, mergeEvents(a, b)];
      }),
    ),
  };
}

function mergeCacheArm(one: CacheArm, two: CacheArm): CacheArm {
  return {
    strata: {
      trials: add(one.strata.trials, two.strata.trials),
      hits: add(one.strata.hits, two.strata.hits),
    },
    series: mergeSeries(one.series, two.series),
  };
}

function mergeSeries(one: Series, two: Series): Series {
  refuseShared(one.trials, two.trials);
  return { trials: mergeTrials(one.trials, two.trials), events: mergeEvents(one.events, two.events) };
}

function mergeTrials(one: Trials, two: Trials): Trials {
  return {
    ...mergeCounts(one, two),
    squares: {
      block: one.squares.block + two.squares.block,
      tick: one.squares.tick + two.squares.tick,
    },
  };
}

function mergeEvents(one: Events, two: Events): Events {
  const products = (a: CellProducts, b: CellProducts): CellProducts => ({ nx: a.nx + b.nx, xx: a.xx + b.xx });
  return {
    ...mergeCounts(one, two),
    squares: {
      block: products(one.squares.block, two.squares.block),
      tick: products(one.squares.tick, two.squares.tick),
    },
  };
}

function mergeCounts(one: Counts, two: Counts): Counts {
  return {
    byBin: add(one.byBin, two.byBin),
    byTick: add(one.byTick, two.byTick),
    byInstance: add(one.byInstance, two.byInstance),
    users: one.users + two.users,
  };
}

function mergeRecent(one: Recent, two: Recent): Recent {
  return {
    trials: add(one.trials, two.trials),
    events: add(one.events, two.events),
    users: one.users + two.users,
    affected: one.affected + two.affected,
  };
}

/** Elementwise; an empty list adds nothing. */
function add(one: readonly number[], two: readonly number[]): readonly number[] {
  if (one.length === 0) return two;
  if (two.length === 0) return one;
  if (one.length !== two.length) throw new RangeError(`sums of ${one.length} and of ${two.length} counts`);
  return one.map((count, i) => count + (two[i] ?? 0));
}

function refuseShared(one: Counts, two: Counts): void {
  const shared = one.byBin.findIndex((count, bin) => count > 0 && (two.byBin[bin] ?? 0) > 0);
  if (shared >= 0)
    throw new RangeError(`user bin ${shared} is in both sums: its cells do not add up, add cells instead`);
}

function sameGrid(one: Grid, two: Grid): Grid {
  if (one.tickMs !== two.tickMs || one.blockTicks !== two.blockTicks || one.ticks !== two.ticks) {
    throw new RangeError('sums of other ticks');
  }
  return one;
}
