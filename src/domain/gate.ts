/**
 * Gates: one question with a verdict. A look is one moment at which all gates of a stage are judged from one
 * `LookInput`; the input is stored as evidence, addressed by digest, and judging is a pure function of it.
 * So every verdict can be recomputed offline, bit for bit.
 */
import type { Color } from './color.ts';
import type { AnswerIdentity } from './identity.ts';
import type { ProbeRun } from './probe.ts';
import type { Stage } from './stage.ts';

/**
 * `inconclusive`: no or too little data, never a pass. `error`: the judge broke, or `from` itself is sick;
 * never `to`'s fault. `skipped`: the plan does not ask this question at this stage.
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

/** One color's traffic in one region and route within the window. */
export interface TrafficSlice {
  readonly color: Color;
  readonly region: string;
  readonly route: string;
  /** User requests, all outcomes, cold and warm. */
  readonly requests: number;
  /** tfinal of successful warm requests, ms, unsorted. */
  readonly warmMs: readonly number[];
  /** tusable of successful warm requests, ms. */
  readonly warmUsableMs: readonly number[];
  /** tfinal of successful cold requests, ms. */
  readonly coldMs: readonly number[];
  /** Count by error class. */
  readonly errors: Readonly<Record<string, number>>;
  /** Lookups and hits of keys seen before in this color's namespace, priming excluded. */
  readonly cache: { readonly lookups: number; readonly hits: number };
  /** Count by `identityKey`, answers only. */
  readonly identities: Readonly<Record<string, number>>;
  readonly writes: { readonly accepted: number; readonly frozen: number; readonly late: number };
  /**
   * Cluster of each value of `warmMs` (minute × instance, any whole number). Present: the latency gate widens its
   * interval by the measured design effect. Absent: requests count as independent.
   */
  readonly warmBatch?: readonly number[];
}

export interface TrafficWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** Instant of the newest line seen, or null when there is none: stale telemetry is no data. */
  readonly freshestMs: number | null;
  readonly slices: readonly TrafficSlice[];
  /** Users (hashed) that were seen to go back from `to` to `from` while the weight did not fall. */
  readonly flipBacks: number;
  /** Users' cache lookups under the other color's prefix, hit or miss. */
  readonly foreignCacheLookups: number;
}

export interface ProbeWindow {
  readonly setDigest: string;
  readonly corpusHash: string;
  readonly embedderId: string;
  readonly calibration: Calibration | null;
  /** Whether the service's answers change with the seed; null until measured. */
  readonly seedEffective: boolean | null;
  readonly runs: readonly ProbeRun[];
  /** Static facts of each probe that judging needs. */
  readonly probes: readonly {
    readonly id: string;
    readonly topic: string;
    readonly answerable: boolean;
    readonly targetSections: readonly string[];
  }[];
}

/** Affine map of raw ΔS onto the 0.45/0.60 scale (reference §4.4). */
export interface Calibration {
  readonly embedderId: string;
  readonly corpusHash: string;
  readonly goldHash: string;
  readonly k: number;
  readonly windowWords: number;
  readonly mPos: number;
  readonly mNeg: number;
  readonly auc: number;
  readonly tPass: number;
  readonly tBlock: number;
}

export interface QueueWindow {
  readonly color: Color;
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestAgeMs: number | null;
  /** Dead letters before the switch; absent when nobody counted them. */
  readonly deadBefore?: number;
}

/** Counters of the health contract at the start and the end of the window. */
export interface CounterWindow {
  readonly color: Color;
  readonly jobsDone: number;
  readonly jobsDeduped: number;
  readonly egressCalls: number;
  readonly egressFailures: number;
  readonly lateWrites: number;
}

/** The answer of a gate of the user's own. */
export interface CustomResult {
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly n: number | null;
}

/** `from`'s error classes over the last day (or 10⁵ requests), plus the plan's allow-list. */
export interface ErrorCatalogue {
  readonly requests: number;
  readonly classes: Readonly<Record<string, number>>;
}

/** Outcome of replaying a request that showed a new error class: three times on each color. */
export interface NoveltyReplay {
  readonly errorClass: string;
  readonly onTo: number;
  readonly onFrom: number;
  readonly tries: number;
}

/** What preflight measured on `from`, for the audit to compare with. */
export interface Baseline {
  readonly capturedAtMs: number;
  readonly probes: ProbeWindow | null;
  readonly traffic: TrafficWindow | null;
}

export interface Look {
  /** 1-based. */
  readonly index: number;
  /** Looks planned for this hold. */
  readonly planned: number;
  /** True at the scheduled end, the only look at which a statistical gate may pass. */
  readonly final: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly windowStartMs: number;
  /** The look plan fixed when the hold began; absent: at least 12 looks and 2 extensions are assumed. */
  readonly plan?: LookPlan;
}

/** How often a hold may be judged; decides how the error budgets are split (reference §2.2). */
export interface LookPlan {
  /** Looks of the hold itself, without extensions. */
  readonly looks: number;
  /** Extensions that may follow it, six looks each. */
  readonly extensions: number;
}

/**
 * What a gate must do for the stage to go on. `prove`: it must pass. `guard`: it must not fail; having too few samples
 * to decide (`underpowered`) is no objection, having none is.
 */
export type GateRole = 'prove' | 'guard';

export interface AskedGate {
  readonly gate: GateName;
  readonly role: GateRole;
}

/** Everything a verdict is computed from. */
export interface LookInput {
  readonly schema: 1;
  readonly switchId: string;
  readonly stage: Stage;
  /** E.g. `ramp 25 %`; names the hold in records. */
  readonly step: string;
  readonly look: Look;
  readonly from: Color;
  readonly to: Color;
  /** Gates asked at this stage. */
  readonly gates: readonly AskedGate[];
  readonly settings: GateSettings;
  readonly expected: Readonly<Record<Color, AnswerIdentity>>;
  readonly traffic: TrafficWindow | null;
  readonly probes: ProbeWindow | null;
  readonly baseline: Baseline | null;
  readonly catalogue: ErrorCatalogue | null;
  readonly replays: readonly NoveltyReplay[];
  readonly queues: readonly QueueWindow[];
  readonly counters: readonly CounterWindow[];
  readonly custom: readonly CustomResult[];
  /** Failures of the judge's own side: telemetry unreachable, embedder down. Each names the gates it blinds. */
  readonly judgeErrors: readonly { readonly gates: readonly GateName[]; readonly message: string }[];
  /** Share of users that should be on `to` throughout the window, percent; absent when unknown or not constant. */
  readonly weightPercent?: number;
}

export interface GateRecord {
  /** `<switchId>/<step>/<look>/<gate>`; seeds every random draw of the verdict. */
  readonly recordId: string;
  readonly switchId: string;
  readonly stage: Stage;
  readonly step: string;
  readonly gate: GateName;
  readonly gateVersion: number;
  readonly look: Look;
  readonly arms: Readonly<Record<'from' | 'to', GateArm>>;
  readonly effect: GateEffect | null;
  readonly threshold: {
    readonly pass: number | null;
    readonly block: number | null;
    readonly source: string;
  };
  readonly verdict: Verdict;
  readonly role: GateRole;
  readonly advisory: boolean;
  /** Stable codes, most important first, e.g. `p95_ratio_over_limit`, `no_data`, `baseline_unhealthy`. */
  readonly reasonCodes: readonly string[];
  /** One sentence for a person. */
  readonly summary: string;
  readonly power: {
    readonly required: number | null;
    readonly actual: number;
    readonly deff: number | null;
  } | null;
  /** At most 20. */
  readonly offenders: readonly Offender[];
  /** Digest of the `LookInput` in the evidence store; filled by the activity that stored it. */
  readonly evidenceRef: string;
  /** Every series the gate compared, the deciding one first; absent for gates with a single one. */
  readonly series?: readonly GateSeries[];
}

/** One of several comparisons behind a verdict, e.g. latency of users and of probes. */
export interface GateSeries {
  readonly name: string;
  readonly from: Omit<GateArm, 'color'>;
  readonly to: Omit<GateArm, 'color'>;
  readonly effect: GateEffect | null;
}

export interface GateArm {
  readonly color: Color;
  readonly n: number;
  readonly value: number | null;
  readonly ci: readonly [lower: number, upper: number] | null;
}

export interface GateEffect {
  readonly kind: 'ratio' | 'difference' | 'paired' | 'count';
  readonly estimate: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly alpha: number | null;
  readonly method: string;
}

export interface Offender {
  readonly id: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly why: string;
}

/** The part of a record that goes into workflow history and onto the board. */
export interface GateSummary {
  readonly gate: GateName;
  readonly verdict: Verdict;
  readonly role: GateRole;
  readonly advisory: boolean;
  readonly summary: string;
  readonly reason: string;
}

export function summarize(record: GateRecord): GateSummary {
  return {
    gate: record.gate,
    verdict: record.verdict,
    role: record.role,
    advisory: record.advisory,
    summary: record.summary,
    reason: record.reasonCodes[0] ?? '',
  };
}

/** Reason code of a gate that has data, but too little to decide. */
export const UNDERPOWERED = 'underpowered';

/**
 * One verdict for a look: any deciding `fail` fails; else any `error`; else any `inconclusive`; else `pass`.
 * Advisory and skipped gates never decide, an underpowered guard does not object. No deciding gate at all is
 * `inconclusive`: no data is never a pass.
 */
export function overallVerdict(gates: readonly GateSummary[]): Verdict {
  const deciding = gates.filter((gate) => !gate.advisory && gate.verdict !== 'skipped');
  if (deciding.length === 0) return 'inconclusive';
  for (const verdict of ['fail', 'error', 'inconclusive'] as const) {
    if (deciding.some((gate) => gate.verdict === verdict && !isToleratedGuard(gate))) return verdict;
  }
  return 'pass';
}

/** A guard without enough samples to decide does not stand in the way. */
export function isToleratedGuard(gate: GateSummary): boolean {
  return gate.role === 'guard' && gate.verdict === 'inconclusive' && gate.reason === UNDERPOWERED;
}
