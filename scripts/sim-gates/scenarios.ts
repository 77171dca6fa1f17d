/**
 * What is simulated: identical colors at three levels of traffic and over several regions, and one fault at a time.
 * Invariant: rates and sizes are per look of an hour-long hold (12 looks of 5 minutes); nothing is tuned to a gate.
 */
import type { BuiltInGate } from '../../src/domain/gate.ts';

export interface Scenario {
  readonly name: string;
  /** What a reader should know of it. */
  readonly what: string;
  readonly looks: number;
  readonly windowMs: number;
  readonly gates: readonly BuiltInGate[];
  /** User requests per look. */
  readonly from: number;
  readonly to: number;
  /** Log-sd of latency, of users and of probes. */
  readonly logSd: number;
  /** Factor on every latency of `to`. */
  readonly slower: number;
  /** Share of `to`'s requests that take three times as long. */
  readonly tail: number;
  readonly errorRate: { readonly from: number; readonly to: number };
  readonly hitRate: { readonly from: number; readonly to: number };
  /** Repeated cache lookups per request. */
  readonly lookups: number;
  readonly questions: number;
  readonly brokenShare: number;
  /** Probe rounds per look. */
  readonly rounds: number;
  /** Requests of a day of `from` behind the error catalogue. */
  readonly catalogue: number;
  /** Regions that share the users evenly. */
  readonly regions: number;
  /** What ails `to` ails it in one region only. */
  readonly oneRegion: boolean;
}

const HEALTHY: Omit<Scenario, 'name' | 'what'> = {
  looks: 12,
  windowMs: 3_600_000,
  gates: ['latency', 'delta-s', 'coverage', 'lambda'],
  from: 900,
  to: 100,
  logSd: 0.5,
  slower: 1,
  tail: 0,
  errorRate: { from: 0.005, to: 0.005 },
  hitRate: { from: 0.8, to: 0.8 },
  lookups: 0.6,
  questions: 88,
  brokenShare: 0,
  rounds: 1,
  catalogue: 100_000,
  regions: 1,
  oneRegion: false,
};

const NO_PROBES = { questions: 0, rounds: 0 } as const;
const NO_USERS = { from: 0, to: 0 } as const;
const TRAFFIC_GATES: readonly BuiltInGate[] = ['latency', 'error-rate', 'error-novelty', 'cache'];
const QUALITY_GATES: readonly BuiltInGate[] = ['delta-s', 'coverage', 'lambda'];

/** Identical colors: three levels of traffic, several regions, and probes for the gates that read no traffic. */
export const NULLS: readonly Scenario[] = [
  {
    ...HEALTHY,
    name: 'low',
    what: '10 / 990 requests a look, 88 probes a look',
    gates: TRAFFIC_GATES,
    from: 990,
    to: 10,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'middle',
    what: '100 / 900 requests a look, no probes',
    gates: TRAFFIC_GATES,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'high',
    what: '1,000 / 1,000 requests a look, no probes',
    gates: TRAFFIC_GATES,
    from: 1000,
    to: 1000,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'regions',
    what: '1,000 / 1,000 requests a look over four regions, no probes',
    gates: TRAFFIC_GATES,
    from: 1000,
    to: 1000,
    regions: 4,
  },
  {
    ...HEALTHY,
    ...NO_USERS,
    name: 'probes',
    what: '88 questions, one round a look',
    gates: QUALITY_GATES,
  },
];

/** One fault at a time. */
export const FAULTS: readonly (Scenario & { readonly target: number | null })[] = [
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'p95 × 1.5',
    what: '1,500 requests an arm in the hold, log-sd 0.5, no probes',
    gates: ['latency'],
    from: 125,
    to: 125,
    slower: 1.5,
    target: 0.9,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'slow tail: 10 % × 3',
    what: '1,500 requests an arm in the hold, log-sd 0.5, no probes',
    gates: ['latency'],
    from: 125,
    to: 125,
    tail: 0.1,
    target: null,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'errors 0.5 → 2 %',
    what: '100 / 1,000 requests a look',
    gates: ['error-rate'],
    from: 1000,
    to: 100,
    errorRate: { from: 0.005, to: 0.02 },
    target: 0.65,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'cache −10 points',
    what: '80 → 70 % of 3,000 repeated lookups an arm in the hold',
    gates: ['cache'],
    from: 250,
    to: 250,
    lookups: 1,
    hitRate: { from: 0.8, to: 0.7 },
    target: 0.85,
  },
  {
    ...HEALTHY,
    ...NO_PROBES,
    name: 'errors 0.5 → 2 % in one of four regions',
    what: '400 / 4,000 requests a look, a quarter of them in that region',
    gates: ['error-rate'],
    from: 4000,
    to: 400,
    errorRate: { from: 0.005, to: 0.02 },
    regions: 4,
    oneRegion: true,
    target: null,
  },
  {
    ...HEALTHY,
    name: '20 % of questions broken',
    what: '88 questions, one round a look, no users',
    ...NO_USERS,
    gates: QUALITY_GATES,
    brokenShare: 0.2,
    target: 0.9,
  },
];

/** The demo: a hold of seconds, judged by the probes. One scenario for each spread of probe latency. */
export const DEMO: readonly Scenario[] = [0.3, 0.45, 0.6].map((logSd) => ({
  ...HEALTHY,
  name: `log-sd ${logSd}`,
  what: '5 s, 2 looks, 75 / 75 users and 117 questions × 3 rounds a look',
  looks: 2,
  windowMs: 5000,
  from: 75,
  to: 75,
  logSd,
  questions: 117,
  rounds: 3,
  catalogue: 5000,
}));
