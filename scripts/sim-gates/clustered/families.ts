/**
 * The kinds of traffic that the rule must stand, and the faults it must see. Two colors, `from` and `to`; "own" is an independent
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

export interface Family {
  readonly gate: 'error' | 'latency';
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
}

const SMALL: Volume = { from: 11_880, to: 120 };
const MIDDLE: Volume = { from: 10_800, to: 1200 };
const EVEN: Volume = { from: 12_000, to: 12_000 };
const LARGE: Volume = { from: 108_000, to: 12_000 };
const TWO = [MIDDLE, EVEN];
const THREE = [MIDDLE, EVEN, SMALL];
const FOUR = [MIDDLE, EVEN, SMALL, LARGE];
const FAULTS = [{ from: 12_000, to: 1200 }, EVEN];
const FAULTS_FOUR = [SMALL, ...FAULTS, LARGE];
const weights = (...shares: number[]): Volume[] =>
  shares.map((share) => ({ from: Math.round(24_000 * (1 - share)), to: Math.round(24_000 * share) }));
const burst = (height: number, meanS: number, share: number): { bursts: Bursts } => ({
  bursts: { height, meanS, share },
});
const own = (tauS: number, sd: number): { wander: Wander } => ({ wander: { tauS, sd } });
const shared = (tauS: number, sd: number): { wander: Wander } => ({ wander: { tauS, sd, shared: true } });
const error = (name: string, volumes: readonly Volume[], more: Partial<Family> = {}): Family => ({
  gate: 'error',
  name,
  volumes,
  ...more,
});
const latency = (name: string, volumes: readonly Volume[], more: Partial<Family> = {}): Family => ({
  gate: 'latency',
  name,
  volumes,
  ...more,
});
const DAY = { day: {} };

/** Identical colors. */
export const IDENTICAL: readonly Family[] = [
  error('iid .5%', FOUR, { rate: 0.005, ...DAY }),
  error('shared outage 50% 2 min', THREE, {
    rate: 0.002,
    events: [{ height: 0.5, lengthS: 120, shared: true }],
  }),
  error('own bursts 20% mean 10 s 2%', FOUR, burst(0.2, 10, 0.02)),
  error('own bursts 20% mean 60 s 2%', FOUR, { ...burst(0.2, 60, 0.02), ...DAY }),
  error('own bursts 20% mean 300 s 5%', THREE, { ...burst(0.2, 300, 0.05), ...DAY }),
  error('own bursts 50% mean 120 s 2%', TWO, burst(0.5, 120, 0.02)),
  error('retries mean 2', THREE, { rate: 0.005 / 2, retries: 2 }),
  error('retries mean 4', THREE, { rate: 0.005 / 4, retries: 4 }),
  error('retries mean 10', THREE, { rate: 0.005 / 10, retries: 10 }),
  error('broken clients 1% fail 30% zipf 1', weights(0.01, 0.05, 0.25, 0.5), {
    users: { count: 2000, zipf: 1, broken: { share: 0.01, rate: 0.3 } },
  }),
  error('broken clients 1% fail 30% zipf 0', weights(0.01, 0.05, 0.25, 0.5), {
    users: { count: 2000, zipf: 0, broken: { share: 0.01, rate: 0.3 } },
  }),
  error('own AR tau 120 sd 1', TWO, { rate: 0.003, ...own(120, 1), ...DAY }),
  error('own AR tau 120 sd 1, retries mean 3', TWO, { rate: 0.002, ...own(120, 1), retries: 3 }),
  error('own AR tau 600 sd 1', TWO, { rate: 0.003, ...own(600, 1), ...DAY }),
  error('own AR tau 1800 sd 1', TWO, { rate: 0.003, ...own(1800, 1), ...DAY }),
  error('shared AR tau 600 sd 1', TWO, { rate: 0.003, ...shared(600, 1), ...DAY }),
  error('own outages 50% mean 60 s 1%', TWO, burst(0.5, 60, 0.01)),
  error('own outages 100% mean 60 s 1%', TWO, burst(1, 60, 0.01)),
  error('own outages 100% mean 120 s 1%', TWO, { ...burst(1, 120, 0.01), ...DAY }),
  error('own outage 50% 120 s, four a day', TWO, {
    events: [{ height: 0.5, lengthS: 120, perDay: 4 }],
    ...DAY,
  }),
  error('own bad phase 5% 20 min, one a day', TWO, {
    events: [{ height: 0.05, lengthS: 1200, perDay: 1 }],
    ...DAY,
  }),
  error('own cron 10% 30 s each 10 min', TWO, {
    events: [{ height: 0.1, lengthS: 30, everyS: 600 }],
    ...DAY,
  }),
  error('diurnal .3-1.7, rate .5%', TWO, { rate: 0.005, daily: 0.7, ...DAY }),
  error('20 tenants zipf 1, levels sd 1', weights(0.25, 0.5), {
    rate: 0.003,
    users: { count: 20, zipf: 1, levelSd: 1 },
    ...DAY,
  }),
  error('100 tenants zipf 1, 5% fail 10%', weights(0.1, 0.5), {
    users: { count: 100, zipf: 1, broken: { share: 0.05, rate: 0.1 } },
  }),
  error('retries, broken clients, own bursts', weights(0.05, 0.5), {
    ...burst(0.2, 60, 0.02),
    retries: 4,
    users: { count: 2000, zipf: 1, broken: { share: 0.01, rate: 0.3 } },
  }),
  error('4 regions 6 routes iid .5%', TWO, { rate: 0.005, parts: true }),
  error('4 regions 6 routes own bursts 60 s', TWO, { ...burst(0.2, 60, 0.02), parts: true }),
  error('incident of 10 min in the day, own AR tau 120', TWO, {
    rate: 0.003,
    ...own(120, 1),
    day: { incident: 0.5 },
  }),
  error('day at a third of the errors, own AR tau 600', TWO, {
    rate: 0.003,
    ...own(600, 1),
    day: { level: 1 / 3 },
  }),
  error('older release at a fifth until 8 h ago, own AR tau 600', TWO, {
    rate: 0.003,
    ...own(600, 1),
    day: { level: 1 / 5, levelUntilH: 8 },
  }),
  error('12 h of the day, own AR tau 600', TWO, { rate: 0.003, ...own(600, 1), day: { hours: 12 } }),
  latency('iid lognormal .5', THREE, DAY),
  latency('iid Pareto 1.1', TWO, { shape: 'pareto' }),
  latency('cliff 5% x10', TWO, { shape: 'cliff' }),
  latency('diurnal common', TWO, { hump: true }),
  latency('shared AR tau 120 sd .4', TWO, { ...shared(120, 0.4), ...DAY }),
  latency('own AR tau 30 sd .3', THREE, { ...own(30, 0.3), ...DAY }),
  latency('own AR tau 120 sd .3', THREE, { ...own(120, 0.3), ...DAY }),
  latency('own AR tau 300 sd .4', TWO, own(300, 0.4)),
  latency('own AR tau 600 sd .3', THREE, { ...own(600, 0.3), ...DAY }),
  latency('own AR tau 1800 sd .3', TWO, { ...own(1800, 0.3), ...DAY }),
  latency('own bursts x4 mean 30 s 5%', THREE, burst(4, 30, 0.05)),
  latency('own bursts x4 mean 120 s 5%', THREE, { ...burst(4, 120, 0.05), ...DAY }),
  latency('own bursts x4 mean 300 s 5%', THREE, { ...burst(4, 300, 0.05), ...DAY }),
  latency('own x10 for 120 s, four a day', TWO, {
    events: [{ height: 10, lengthS: 120, perDay: 4 }],
    ...DAY,
  }),
  latency('own x2 for 20 min, one a day', TWO, { events: [{ height: 2, lengthS: 1200, perDay: 1 }], ...DAY }),
  latency('shared outage x10 2 min', TWO, { events: [{ height: 10, lengthS: 120, shared: true }] }),
  latency('own GC pauses x10', TWO, burst(10, 2, 1 / 30)),
  latency('own cron x5 60 s each 15 min', TWO, { events: [{ height: 5, lengthS: 60, everyS: 900 }], ...DAY }),
  latency('own step x1.25 for half an hour', TWO, { events: [{ height: 1.25, lengthS: 1800 }] }),
  latency('diurnal .5-1.5, own AR tau 120 sd .3', TWO, { ...own(120, 0.3), daily: 0.5, ...DAY }),
  latency('users own level N 2000 zipf 1 sd .5', weights(0.01, 0.05, 0.25, 0.5), {
    sd: 0.4,
    users: { count: 2000, zipf: 1, levelSd: 0.5 },
  }),
  latency('users own level N 500 zipf 1 sd .3', weights(0.01, 0.05, 0.25, 0.5), {
    sd: 0.4,
    users: { count: 500, zipf: 1, levelSd: 0.3 },
  }),
  latency('20 tenants zipf 1 level sd .5', weights(0.25, 0.5), {
    sd: 0.4,
    users: { count: 20, zipf: 1, levelSd: 0.5 },
  }),
  latency('instances sd .1', TWO, { instances: { from: 18, to: 2, sd: 0.1 } }),
  latency('instances sd .2', TWO, { instances: { from: 18, to: 2, sd: 0.2 } }),
  latency('one bad instance x3 of 10 on from', TWO, { instances: { from: 10, to: 4, sd: 0, bad: 3 } }),
  latency('users own level, own AR 120 sd .2, 8 instances sd .1', TWO, {
    sd: 0.4,
    ...own(120, 0.2),
    users: { count: 2000, zipf: 1, levelSd: 0.3 },
    instances: { from: 8, to: 8, sd: 0.1 },
  }),
  latency('4 regions 6 routes iid', TWO, { parts: true }),
  latency('4 regions 6 routes own AR tau 120 sd .3', TWO, { ...own(120, 0.3), parts: true }),
  latency('incident of 10 min in the day, own AR tau 120', TWO, { ...own(120, 0.3), day: { incident: 10 } }),
];

const rising = { rising: true };
const MIDWAY = { fromMinute: 30 };

/** One fault, on `to`. */
export const FAULTY: readonly Family[] = [
  error('.5->2%', FAULTS_FOUR, { rate: 0.005, fault: { to: 0.02 } }),
  error('.1->1%', FAULTS_FOUR, { fault: { to: 0.01 } }),
  error('.1->.5%', FAULTS_FOUR, { fault: { to: 0.005 } }),
  error('.5->1%', FAULTS_FOUR, { rate: 0.005, fault: { to: 0.01 } }),
  error('outage 50%', [SMALL, ...FAULTS], { fault: { to: 0.5 } }),
  error('.1->5% rising', [SMALL, ...FAULTS], { fault: { to: 0.05, ...rising } }),
  error('.5->2%, shared outage', [SMALL, ...FAULTS], {
    rate: 0.005,
    events: [{ height: 0.5, lengthS: 120, shared: true }],
    fault: { to: 0.02 },
  }),
  error(
    '.5->2% in 1 of 4 regions',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      rate: 0.005,
      parts: true,
      fault: { to: 0.02, only: 'region' },
    },
  ),
  error(
    '.5->3% on 1 of 6 routes',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      rate: 0.005,
      parts: true,
      fault: { to: 0.03, only: 'route' },
    },
  ),
  error('outage 50% from minute 30', TWO, { fault: { to: 0.5, ...MIDWAY } }),
  error('.5->2% with a day', TWO, { rate: 0.005, fault: { to: 0.02 }, ...DAY }),
  error('.5->1% with a day', [EVEN], { rate: 0.005, fault: { to: 0.01 }, ...DAY }),
  error('.5->3% from minute 30', TWO, { rate: 0.005, fault: { to: 0.03, ...MIDWAY }, ...DAY }),
  error('.5->3% from minute 30, diurnal', TWO, {
    rate: 0.005,
    daily: 0.7,
    fault: { to: 0.03, ...MIDWAY },
    ...DAY,
  }),
  error('.1->5% rising with a day', TWO, { fault: { to: 0.05, ...rising }, ...DAY }),
  error('.1->5% rising from minute 20', TWO, { fault: { to: 0.05, fromMinute: 20, ...rising }, ...DAY }),
  error('.5->2%, incident in the day', TWO, { rate: 0.005, fault: { to: 0.02 }, day: { incident: 0.5 } }),
  error('x4, own AR tau 120 sd 1', TWO, { rate: 0.003, ...own(120, 1), fault: { to: 0.012 }, ...DAY }),
  error('x6, own AR tau 600 sd 1', TWO, { rate: 0.003, ...own(600, 1), fault: { to: 0.018 }, ...DAY }),
  error('x4, shared AR tau 600 sd 1', TWO, { rate: 0.003, ...shared(600, 1), fault: { to: 0.012 }, ...DAY }),
  error('.5->2% of calls, retries mean 4', TWO, { rate: 0.005, retries: 4, fault: { to: 0.02 } }),
  error('.5->2%, broken clients 1% fail 30% zipf 1', TWO, {
    rate: 0.005,
    users: { count: 2000, zipf: 1, broken: { share: 0.01, rate: 0.3 } },
    fault: { to: 0.02 },
  }),
  error('.5->2%, own bursts 20% 10 s 2%', TWO, { rate: 0.005, ...burst(0.2, 10, 0.02), fault: { to: 0.02 } }),
  error('.5->2%, own bursts 20% 60 s 2%', TWO, {
    rate: 0.005,
    ...burst(0.2, 60, 0.02),
    fault: { to: 0.02 },
    ...DAY,
  }),
  error('.5->4%, own bursts 20% 60 s 2%', TWO, {
    rate: 0.005,
    ...burst(0.2, 60, 0.02),
    fault: { to: 0.04 },
    ...DAY,
  }),
  latency('p95 x1.3', [{ from: 1500, to: 1500 }, MIDDLE, EVEN, LARGE], { fault: { to: 1.3 } }),
  latency('p95 x1.5', [{ from: 1500, to: 1500 }, MIDDLE, EVEN, LARGE], { fault: { to: 1.5 } }),
  latency('p95 x2', [{ from: 1500, to: 1500 }, MIDDLE, EVEN, LARGE], { fault: { to: 2 } }),
  latency('p95 x10', TWO, { fault: { to: 10 } }),
  latency('slow tail 10% x3', TWO, { shape: 'tail', fault: { to: 3 } }),
  latency('leak x1->x3', TWO, { fault: { to: 3, ...rising } }),
  latency('leak x1->x3 from minute 20', TWO, { fault: { to: 3, fromMinute: 20, ...rising }, ...DAY }),
  latency('p95 x2 from minute 30', TWO, { fault: { to: 2, ...MIDWAY }, ...DAY }),
  latency('p95 x2 from minute 30, diurnal', TWO, { daily: 0.5, fault: { to: 2, ...MIDWAY }, ...DAY }),
  latency('p95 x1.3 with a day', TWO, { fault: { to: 1.3 }, ...DAY }),
  latency('p95 x1.5 with a day', TWO, { fault: { to: 1.5 }, ...DAY }),
  latency('p95 x1.5, diurnal common', TWO, { hump: true, fault: { to: 1.5 } }),
  latency('p95 x1.5, shared AR 120 sd .4', TWO, { ...shared(120, 0.4), fault: { to: 1.5 }, ...DAY }),
  latency('p95 x1.5, own AR tau 30 sd .3', TWO, { ...own(30, 0.3), fault: { to: 1.5 }, ...DAY }),
  latency('p95 x1.5, own AR tau 120 sd .1', TWO, { ...own(120, 0.1), fault: { to: 1.5 }, ...DAY }),
  latency('p95 x2, own AR tau 120 sd .3', TWO, { ...own(120, 0.3), fault: { to: 2 }, ...DAY }),
  latency('p95 x3, own AR tau 120 sd .3', TWO, { ...own(120, 0.3), fault: { to: 3 } }),
  latency('p95 x3, own AR tau 600 sd .3', TWO, { ...own(600, 0.3), fault: { to: 3 }, ...DAY }),
  latency('p95 x2, own bursts x4 mean 30 s 5%', TWO, { ...burst(4, 30, 0.05), fault: { to: 2 }, ...DAY }),
  latency('p95 x1.5, users own level sd .3', TWO, {
    sd: 0.4,
    users: { count: 2000, zipf: 1, levelSd: 0.3 },
    fault: { to: 1.5 },
  }),
  latency('p95 x1.5, instances sd .1', TWO, { instances: { from: 18, to: 2, sd: 0.1 }, fault: { to: 1.5 } }),
  latency(
    'p95 x1.5 in 1 of 4 regions',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      parts: true,
      fault: { to: 1.5, only: 'region' },
    },
  ),
  latency(
    'p95 x2 on 1 of 6 routes',
    [
      { from: 12_000, to: 1200 },
      { from: 48_000, to: 4800 },
    ],
    {
      parts: true,
      fault: { to: 2, only: 'route' },
    },
  ),
];

const QUARTER_HOUR = { holdMinutes: 15 };
const quarter = ({ gate, name, volumes }: Family): boolean =>
  volumes.includes(EVEN) &&
  (gate === 'error'
    ? /own AR tau (120|600|1800) sd 1$|own bursts 20% mean (60|300)|^\.5->2%(, own bursts 20% 60 s 2%| with a day)/
    : /own AR tau (120|600|1800) sd \.3$|x4 mean (120|300)|^p95 x1\.5 with a day/
  ).test(name);

/** A quarter of an hour: three looks, blocks of three minutes. Volumes are per hour, as everywhere. */
export const SHORT: readonly Family[] = [...IDENTICAL, ...FAULTY]
  .filter(quarter)
  .map((family) => ({ ...family, ...QUARTER_HOUR, name: `15 min: ${family.name}`, volumes: TWO }));
