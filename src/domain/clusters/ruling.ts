/** What the rule for clustered traffic says of one series of one part, and what stopped a FAIL. */
import type { Verdict } from '../gate.ts';
import type { Catastrophe, CatastropheLimits } from './catastrophe.ts';
import { isPastEarliest, type Grid } from './grid.ts';
import type { Moments } from './scatter.ts';
import type { UserScatter } from './user-scatter.ts';

/** `few`: too few trials, users or blocks; `users`, `moments`: does not stand out of how these scatter; `limit`: not over it. */
export type Stop = 'few' | 'limit' | 'users' | 'moments';

export interface ClusterRuling {
  readonly verdict: Extract<Verdict, 'pass' | 'fail' | 'inconclusive'>;
  /** What decided a FAIL. */
  readonly failedBy: 'rule' | 'early' | 'catastrophe' | null;
  /** What stands between the data and a FAIL; empty when it failed. */
  readonly stoppedBy: readonly Stop[];
  readonly users: {
    readonly to: UserScatter;
    readonly from: UserScatter;
    /** Distinct users of `to` with an event. */
    readonly affected: number;
    /** Of the exact test of rates; null where bounds decide instead. */
    readonly p: number | null;
    /** Bound that must exceed the limit; null where p decides, or where the data give none. */
    readonly lower: number | null;
  };
  readonly moments: Moments | null;
  readonly catastrophe: Catastrophe | null;
  /** Upper bound at the level of a PASS, asked at the scheduled end only; null without one. */
  readonly passUpper: number | null;
}

/** When and at which levels a look judges. */
export interface LookTerms {
  readonly grid: Grid;
  readonly holdMs: number;
  /** One-sided level of a FAIL at this look, of this part. */
  readonly alpha: number;
  /** Level of a PASS; null before the scheduled end. */
  readonly passAlpha: number | null;
  /** Fewest trials of an arm. */
  readonly minSamples: number;
  /** Fewest affected users of `to`. */
  readonly minUsers: number;
  /** True when a day of `from` may fail a look before the earliest time. */
  readonly early: boolean;
  /** Default: {@link CATASTROPHE}. */
  readonly catastrophe?: CatastropheLimits;
}

/** User bins an arm needs before its scatter says anything. */
export const LEAST_BINS = 5;

/** Whether a series has enough of everything for a FAIL, but for time. */
function isEnough(
  { to, from }: { readonly to: UserScatter; readonly from: UserScatter },
  affected: number,
  { minSamples, minUsers }: LookTerms,
): boolean {
  return (
    Math.min(to.trials, from.trials) >= minSamples &&
    Math.min(to.bins, from.bins) >= LEAST_BINS &&
    affected >= minUsers
  );
}

export interface Case {
  readonly users: ClusterRuling['users'];
  readonly isOverLimit: boolean;
  readonly isBeyondUsers: boolean;
  readonly moments: Moments | null;
  readonly earlyMoments: () => Moments | null;
  readonly catastrophe: Catastrophe | null;
  readonly passUpper: () => number | null;
  /** Largest `passUpper` that proves `to` healthy. */
  readonly passLimit: number;
}

/** Catastrophe, then the rule (or its early form), then PASS. */
export function rule(found: Case, terms: LookTerms): ClusterRuling {
  const { users, isOverLimit, isBeyondUsers } = found;
  const enough = isEnough(users, users.affected, terms);
  const onTime = isPastEarliest(terms.grid, terms.holdMs);
  const common = { users, catastrophe: found.catastrophe, passUpper: null };
  if (found.catastrophe?.isMet === true) {
    return { ...common, verdict: 'fail', failedBy: 'catastrophe', stoppedBy: [], moments: found.moments };
  }
  const early = onTime || !terms.early ? null : found.earlyMoments();
  const moments = early ?? found.moments;
  const isTold = (onTime || early !== null) && moments !== null && moments.need !== null;
  const isBeyondMoments = isTold && moments.effect >= (moments.need ?? Infinity) && moments.effect > 0;
  if (enough && isOverLimit && isBeyondUsers && isBeyondMoments) {
    return { ...common, verdict: 'fail', failedBy: onTime ? 'rule' : 'early', stoppedBy: [], moments };
  }
  const stops: readonly [Stop, boolean][] = [
    ['few', !enough || !isTold],
    ['limit', !isOverLimit],
    ['users', !isBeyondUsers],
    ['moments', isTold && !isBeyondMoments],
  ];
  const passUpper = terms.passAlpha === null ? null : found.passUpper();
  const isPass = passUpper !== null && passUpper <= found.passLimit;
  return {
    ...common,
    verdict: isPass ? 'pass' : 'inconclusive',
    failedBy: null,
    stoppedBy: stops.filter(([, stands]) => stands).map(([stop]) => stop),
    moments,
    passUpper: passUpper === null || !Number.isFinite(passUpper) ? null : passUpper,
  };
}

/** Divides an arm by how much it is clustered. */
export function effective(
  { trials, events }: Pick<UserScatter, 'trials' | 'events'>,
  by: number,
): { readonly trials: number; readonly events: number } {
  return { trials: trials / by, events: events / by };
}
