/**
 * What a kind of traffic is. Two colors, `from` and `to`; "own" is an independent
 * draw for each color, "shared" one draw for both.
 * Invariant: plain data; a length, a memory, a skew or a volume can be set to somebody's own on the command line.
 */

export interface Volume {
  /** Expected requests in the hold. */
  readonly from: number;
  readonly to: number;
}

/** An on/off process with exponential phases. */
export interface Bursts {
  /** Errors: failure rate while on. Latency: factor while on. */
  readonly height: number;
  readonly meanS: number;
  /** Share of the time that is on. */
  readonly share: number;
}

/** Log of a factor: a stationary AR(1), a value a second. */
export interface Wander {
  readonly tauS: number;
  readonly sd: number;
  readonly shared?: boolean;
}

/** What a color does once or at set times. */
export interface Event {
  readonly height: number;
  readonly lengthS: number;
  /** Every so many seconds with an own phase; or so many a day at random times; default: once in the hold. */
  readonly everyS?: number;
  readonly perDay?: number;
  readonly shared?: boolean;
}

export interface Fault {
  /** Errors: rate of `to`. Latency: factor on `to`. */
  readonly to: number;
  /** Minute of the hold from which it acts; default 0. */
  readonly fromMinute?: number;
  /** Grows evenly to its height at the end of the hold. */
  readonly rising?: boolean;
  /** In one region or on one route only. */
  readonly only?: 'region' | 'route';
}

export interface CacheTraffic {
  /** Lifetime of an entry, and the reference lifetime. */
  readonly ttlS: number;
  /** Entries that a cache holds; default: all. */
  readonly lru?: number;
  /** Both colors' entries in one cache. */
  readonly sharedLru?: boolean;
  /** Mean time between two losses of everything, of each color by itself. */
  readonly flushS?: number;
  /** What `to` does. */
  readonly fault?: {
    readonly deadNodes?: number;
    readonly split?: number;
    readonly ttlFactor?: number;
    readonly notStored?: number;
  };
}

/** Classes that no day of `from` has shown. */
export interface NoveltyTraffic {
  /** What an incident of a rare class is: one failure, one broken client for half an hour, or a moment of one color. */
  readonly kind?: 'one' | 'client' | 'blip';
  /** Mean length of a blip. */
  readonly meanS?: number;
  /** So many users meet a cause that is new to both colors. */
  readonly users?: number;
  /** Share of `to`'s users who meet a new class, and of their requests. */
  readonly fault?: { readonly users: number; readonly requests: number };
}

export interface Family {
  readonly gate: 'error' | 'latency' | 'cache' | 'novelty';
  readonly name: string;
  readonly volumes: readonly Volume[];
  readonly fault?: Fault;
  /** Errors: failure rate of a request. Default 0.001. */
  readonly rate?: number;
  /** Latency: log-sd of a request. Default 0.5. */
  readonly sd?: number;
  readonly shape?: 'pareto' | 'cliff' | 'tail';
  readonly wander?: Wander;
  readonly bursts?: Bursts;
  readonly events?: readonly Event[];
  /** Mean times that a failure is seen, a second apart. */
  readonly retries?: number;
  readonly users?: {
    readonly count: number;
    /** 0 equal, 1 zipf; default log-normal with sd 1. */
    readonly zipf?: number;
    /** Log-sd of each user's own rate or latency. */
    readonly levelSd?: number;
    /** So many fail at this rate. */
    readonly broken?: { readonly share: number; readonly rate: number };
  };
  readonly instances?: {
    readonly from: number;
    readonly to: number;
    readonly sd: number;
    readonly bad?: number;
  };
  /** Four regions (of a user) and six routes (of a request), each judged as a part. */
  readonly parts?: boolean;
  /** Amplitude of a daily swing of requests and factor, shared. */
  readonly daily?: number;
  /** Swing of one hump over the hold, of requests and latency. */
  readonly hump?: boolean;
  /** Judged with a day of `from` as well. */
  readonly day?: {
    /** Errors or latency of the day, as a factor; and until how many hours before the hold (default: all of it). */
    readonly level?: number;
    readonly levelUntilH?: number;
    /** Ten minutes of failures at this rate, or slower by this factor. */
    readonly incident?: number;
    readonly hours?: number;
  };
  readonly holdMinutes?: number;
  /** After the flip: `to` has all users, and the day stands for `from`. */
  readonly gone?: boolean;
  /** Volumes are lookups an hour. */
  readonly cache?: CacheTraffic;
  readonly novelty?: NoveltyTraffic;
  /** Judged by counts of requests alone. */
  readonly counted?: boolean;
}

export const SMALL: Volume = { from: 11_880, to: 120 };
export const MIDDLE: Volume = { from: 10_800, to: 1200 };
export const EVEN: Volume = { from: 12_000, to: 12_000 };
export const LARGE: Volume = { from: 108_000, to: 12_000 };
export const TWO = [MIDDLE, EVEN];
export const THREE = [MIDDLE, EVEN, SMALL];
export const FOUR = [MIDDLE, EVEN, SMALL, LARGE];
export const FAULTS = [{ from: 12_000, to: 1200 }, EVEN];
export const FAULTS_FOUR = [SMALL, ...FAULTS, LARGE];
export const weights = (...shares: number[]): Volume[] =>
  shares.map((share) => ({ from: Math.round(24_000 * (1 - share)), to: Math.round(24_000 * share) }));
export const burst = (height: number, meanS: number, share: number): { bursts: Bursts } => ({
  bursts: { height, meanS, share },
});
export const own = (tauS: number, sd: number): { wander: Wander } => ({ wander: { tauS, sd } });
export const shared = (tauS: number, sd: number): { wander: Wander } => ({
  wander: { tauS, sd, shared: true },
});
export const error = (name: string, volumes: readonly Volume[], more: Partial<Family> = {}): Family => ({
  gate: 'error',
  name,
  volumes,
  ...more,
});
export const latency = (name: string, volumes: readonly Volume[], more: Partial<Family> = {}): Family => ({
  gate: 'latency',
  name,
  volumes,
  ...more,
});
export const DAY = { day: {} };
