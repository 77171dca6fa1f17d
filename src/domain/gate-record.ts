/** What judging says: the record of a gate at a look, its summary for history and board, and one verdict for all of them. */
import type { Color } from './color.ts';
import type { GateName, GateRole, Verdict } from './gate.ts';
import type { Look } from './look-input.ts';
import type { Stage } from './stage.ts';

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
  /** Of a gate that counts questions lost on `to`; absent for others. */
  readonly loss?: GateLoss;
}

/** Questions that `to` lost against `from`, and how well a rebuilt index explains it. */
export interface GateLoss {
  readonly lost: number;
  readonly gained: number;
  /** Questions compared. */
  readonly pairs: number;
  /** Share of the questions that a rebuilt index may lose. */
  readonly rebuild: number;
  /** Chance of such a loss under nothing but that and equal colors; at or under `level` the gate fails. */
  readonly p: number;
  readonly level: number;
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
  /** Absent where it is not: summaries are most of what a history holds. */
  readonly advisory?: boolean;
  readonly summary: string;
  readonly reason: string;
}

export function summarize(record: GateRecord): GateSummary {
  return {
    gate: record.gate,
    verdict: record.verdict,
    role: record.role,
    ...(record.advisory ? { advisory: true } : {}),
    summary: record.summary,
    reason: record.reasonCodes[0] ?? '',
  };
}

/** Reason code of a gate that has data, but too little to decide. */
export const UNDERPOWERED = 'underpowered';

/**
 * One verdict for a look: any deciding `fail` fails; else any `error`; else any `inconclusive`; else `pass`.
 * Advisory and skipped gates never decide, an underpowered guard does not object. No deciding gate at all is
 * `inconclusive`: no data is never a pass; only where every gate was skipped there is nothing to judge, and that is said.
 */
export function overallVerdict(gates: readonly GateSummary[]): Verdict {
  if (gates.length > 0 && gates.every(({ verdict }) => verdict === 'skipped')) return 'skipped';
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
