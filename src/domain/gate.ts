/** Gates: one question with a verdict. Their names, thresholds, and what a stage asks of them. */

/**
 * `inconclusive`: no or too little data, never a pass. `error`: the judge broke, or `from` itself is sick;
 * never `to`'s fault. `skipped`: what it asks about is not there, or somebody said to ignore it.
 */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error' | 'skipped';

export const BUILT_IN_GATES = [
  'identity',
  'schema',
  'delta-s',
  'coverage',
  'lambda',
  'latency',
  'error-rate',
  'error-novelty',
  'cache',
  'cold-start',
  'egress',
  'dedupe',
  'queue-age',
  'stickiness',
] as const;

export type BuiltInGate = (typeof BUILT_IN_GATES)[number];

/** A built-in gate or `custom:<name>` of the plan. */
export type GateName = BuiltInGate | `custom:${string}`;

/** Thresholds in force. Defaults and their sources: docs/gates.md. */
export interface GateSettings {
  /** ΔS on the calibrated scale: pass at the end at or under `pass`, block at or over `block`; `pairedRise` against `from`. */
  readonly deltaS: { readonly pass: number; readonly block: number; readonly pairedRise: number };
  readonly coverage: {
    readonly mean: number;
    readonly share: number;
    readonly blockShare: number;
    readonly pairedDrop: number;
    readonly critical: number;
  };
  readonly lambda: { readonly pass: number; readonly block: number };
  /** p95 warm of `to` over `from`. */
  readonly latencyRatio: number;
  /** Error rate of `to` over `from`, and the absolute rate that is always fine. */
  readonly errorRatio: number;
  readonly errorFloor: number;
  /** Largest drop of the cache hit rate, as a share (0.05 = five points). */
  readonly cacheDrop: number;
  /** Lowest share of successful outbound calls. */
  readonly egressSuccess: number;
  /** Oldest job a queue may hold, ms. */
  readonly queueAgeMs: number;
  /** Requests (or probes) an arm needs before a statistical gate may decide. */
  readonly minSamples: number;
  /** Gates that are judged and reported but never decide. */
  readonly advisory: readonly GateName[];
  /** Gates that are not asked at all. */
  readonly off: readonly GateName[];
}

/**
 * What a gate must do for the stage to go on. `prove`: it must pass. `guard`: it must not fail; having too few samples
 * to decide (`underpowered`) is no objection, having none is.
 */
export type GateRole = 'prove' | 'guard';

export interface AskedGate {
  readonly gate: GateName;
  readonly role: GateRole;
  /** Why it is not judged here; such a gate is `skipped`, shown and decides nothing. */
  readonly skip?: GateSkip;
}

/** `absent`: the plan has no such thing as the gate asks about. `overridden`: somebody said so. */
export interface GateSkip {
  readonly code: 'absent' | 'overridden';
  /** One sentence. */
  readonly why: string;
}
