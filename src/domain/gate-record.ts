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
  /** Of a gate on users' traffic, where both colors or a day of `from` can be compared; absent for others. */
  readonly clusters?: GateClusters;
}

/** How users and moments scatter, and what they make of an effect. */
export interface GateClusters {
  /** What decided a FAIL. `rule`: users and moments. `early`: worse than all of the day before. `catastrophe`: too bad to wait. */
  readonly failedBy: 'rule' | 'early' | 'catastrophe' | null;
  /**
   * What stands between the data and a FAIL; empty when it failed. `few`: too little of anything. `limit`: not over it. `users`,
   * `moments`: does not stand out of how these scatter. `share`: `to` has too many of the users.
   */
  readonly stoppedBy: readonly ('few' | 'limit' | 'users' | 'moments' | 'share')[];
  /** Requests that tell as much as one independent request. */
  readonly designEffect: { readonly to: number | null; readonly from: number | null };
  /** Distinct users of `to`, and those with an event; null where only lookups are counted. */
  readonly users: { readonly seen: number; readonly affected: number } | null;
  /** Of the exact test over users; null where bounds decide. */
  readonly p: number | null;
  /** Share of events of `to` over what the limit allows, what it must reach, and the variance over time behind that. */
  readonly effect: number | null;
  readonly need: number | null;
  readonly scatter: number | null;
  /** Whose scatter it is: the hold's, single ticks', or a bound that the day before gives. Null where none was told. */
  readonly decidedBy: 'hold' | 'day' | 'left' | 'floor' | 'ticks' | null;
  /** Whole blocks so far, and how time was cut, ms. */
  readonly blocks: number;
  readonly blockMs: number;
  readonly tickMs: number;
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
