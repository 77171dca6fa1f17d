/**
 * What preflight knows when it checks, and the shape of a check.
 *
 * Invariant: `Seen` is plain data and a check is a pure function of it and the plan, so every finding can be provoked by a test
 * that opens nothing.
 */
import type { Color } from '../../domain/color.ts';
import type { EdgeConfig } from '../../domain/edge-config.ts';
import type { Finding, FindingCode } from '../../domain/finding.ts';
import type { HealthContract } from '../../domain/health.ts';
import type { Plan } from '../../domain/plan.ts';
import type { TrafficCapabilities } from '../../domain/traffic.ts';
import type {
  Doubt,
  QueueDepth,
  RegionObservation,
  RetryPolicy,
  RouterCapabilities,
  StoreCapabilities,
  TrafficReading,
} from '../../ports/index.ts';

/** Everything that could be read; null where reading failed (a finding of its own) or the plan names no such port. */
export interface Seen {
  /** Wall clock when it was read. */
  readonly atMs: number;
  readonly edge: {
    /** Null when none was ever written. */
    readonly config: EdgeConfig | null;
    readonly store: StoreCapabilities;
    readonly router: RouterCapabilities;
    /** Null where the router moves users. */
    readonly traffic: { readonly capabilities: TrafficCapabilities; readonly reading: TrafficReading } | null;
    /** What each region's router serves. */
    readonly regions: readonly RegionObservation[];
    /** The store's clock when it was read, epoch ms. */
    readonly storeMs: number;
    /** How far each clock of the edge is ahead of the worker's (behind: below 0), ms; 0 within what the way there can explain. */
    readonly clocks: readonly { readonly whose: string; readonly aheadMs: number }[];
  } | null;
  /** Contract of each color in each region. */
  readonly health: Readonly<Record<Color, readonly HealthContract[] | null>>;
  readonly queue: {
    readonly topic: Readonly<Record<Color, string>>;
    readonly consistencyLagMs: number;
    readonly depth: Readonly<Record<Color, QueueDepth>>;
    readonly retry: Readonly<Record<Color, RetryPolicy>>;
    readonly doubts: readonly Doubt[];
  } | null;
  readonly probes: {
    readonly count: number;
    /** Of them, asked for whole answers. */
    readonly answered: number;
    /** With assertions, and of these, asked for retrieved text only. */
    readonly asserted: number;
    readonly unjudged: number;
    readonly embedderId: string;
    readonly isCalibrated: boolean;
  } | null;
  readonly baseline: {
    /** Of the evidence. */
    readonly digest: string;
    /** Median time of users' warm answers on `from`, ms; null where telemetry tells none. */
    readonly answerMs: number | null;
  } | null;
}

/** A finding before anybody looked whether the plan accepts it. */
export type Found = Omit<Finding, 'accepted'>;

/** Yields nothing about what could not be read: that was said when it was tried. */
export type Check = (plan: Plan, seen: Seen) => Iterable<Found>;

export function blocks(code: FindingCode, message: string, fix: string): Found {
  return { code, severity: 'blocking', message, fix };
}

export function warns(code: FindingCode, message: string, fix: string): Found {
  return { code, severity: 'warning', message, fix };
}

export function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
