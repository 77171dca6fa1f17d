/** Gates: one question with a verdict. What the engine knows of each without its rule, their thresholds, and what a stage asks of them. */
import type { ServerErrors } from './clusters/server-error.ts';
import { GATE_FACTS, SETTING_FACTS } from './gates/facts.ts';
import type { JudgedStage } from './stage.ts';

/**
 * `inconclusive`: no or too little data, never a pass. `error`: the judge broke, or `from` itself is sick;
 * never `to`'s fault. `skipped`: what it asks about is not there, or somebody said to ignore it.
 */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error' | 'skipped';

/** Its name in plans, records and commands. */
export type BuiltInGate = keyof typeof GATE_FACTS;

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
  /** λ: share of convergent questions; `rebuild` is the share of all questions that a rebuilt index may lose. */
  readonly lambda: { readonly pass: number; readonly block: number; readonly rebuild: number };
  /** p95 warm of `to` over `from`. */
  readonly latencyRatio: number;
  /** Error rate of `to` over `from`, and the absolute rate that is always fine. */
  readonly errorRatio: number;
  readonly errorFloor: number;
  /** Largest drop of the cache hit rate, as a share (0.05 = five points), and up to which share of `to` it decides. */
  readonly cache: { readonly drop: number; readonly maxShare: number };
  /** How users' traffic is cut into clusters. */
  readonly clusters: {
    /** Length of a block of time; a hold has five at least, so in a short one they are shorter. */
    readonly blockMs: number;
    /** A user's failure this soon after that user's failure before it is the same one; in a hold under 15 min so much sooner. */
    readonly sameFailureMs: number;
    /** Fewest users of `to` behind any FAIL. */
    readonly minUsers: number;
  };
  /** Which errors are the server's, beside the built-in rule. */
  readonly serverErrors: ServerErrors;
  /** What is too bad to wait for; off at level 0. */
  readonly catastrophe: {
    readonly share: number;
    readonly overFrom: number;
    readonly overP95: number;
    readonly level: number;
  };
  /** How far back known error classes reach, and how many blocks on each side of the strongest do not confirm a new one. */
  readonly novelty: { readonly dayMs: number; readonly apart: number };
  /** The day of `from` before the switch. */
  readonly history: {
    /** 0: none is read. */
    readonly hours: number;
    /** Whether the day may fail a look before a third of the hold has passed. */
    readonly early: 'auto' | 'off';
    /** Hours of the day that are left out, UTC, e.g. `02:00-03:30`. */
    readonly ignore: readonly string[];
  };
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

/** In the order in which a look asks them: what decides first. */
export const GATE_ROLES = ['prove', 'guard', 'advisory'] as const;

/**
 * What a gate must do for the stage to go on. `prove`: it must pass. `guard`: it must not fail; having too few samples
 * to decide (`underpowered`) is no objection, having none is. `advisory`: it is judged and shown, and decides nothing.
 */
export type GateRole = (typeof GATE_ROLES)[number];

/**
 * What a gate cannot be judged without; where it cannot be had the gate says `error`. `probes`: answers that were scored. `traffic`:
 * telemetry of users' requests. `lines`: telemetry that tells one request, and one user, from another. `replays`: requests sent again. `reruns`: a question's whole grid asked again at once. `counters`: those of the
 * health contract; a color that does not report them has no data. `dialogs`: conversations of two turns.
 */
export type GateNeed =
  | 'probes'
  | 'traffic'
  | 'lines'
  | 'queue'
  | 'replays'
  | 'reruns'
  | 'counters'
  | 'dialogs';

export interface GateFacts {
  /** What to mend before the next try when this gate sent the switch back. */
  readonly remedy: string;
  /** Stages that ask it, and as what. */
  readonly roles: Readonly<Partial<Record<JudgedStage, GateRole>>>;
  readonly needs: readonly GateNeed[];
  /** Probe rounds that it needs by the end of a hold. Left out: any number will do. */
  readonly rounds?: number;
  /** What it asks about, that a plan may have none of: it is `skipped` there. */
  readonly subject?: 'queue' | 'cache';
  /** Reasons of a fail that explain whatever else fails with it. */
  readonly explainsOthers?: readonly string[];
  /** Its fails are symptoms of what another gate names, but for these reasons. */
  readonly symptomBut?: readonly string[];
}

export interface SettingFacts {
  /**
   * `share`: from 0 to 1. `ratio`: from 1 to 10. `duration`: ms in the engine. `count`: a whole number of at least 1. `hours`: a whole
   * number, at most a week.
   */
  readonly kind: 'share' | 'ratio' | 'duration' | 'count' | 'hours';
  /** Of any two values the one that is harder to pass. */
  readonly stricter: 'higher' | 'lower';
  /** How it must stand to another setting. */
  readonly must?: { readonly be: 'less' | 'greater'; readonly than: string; readonly because: string };
}

/** Of each gate what the workflow and the plan read. */
export const FACTS: Readonly<Record<BuiltInGate, GateFacts>> = GATE_FACTS;

/** Of each threshold, by its path in `GateSettings`. */
export const SETTING: Readonly<Record<string, SettingFacts>> = SETTING_FACTS;

/** In the order in which they are asked and shown. */
export const BUILT_IN_GATES = Object.keys(GATE_FACTS) as readonly BuiltInGate[];

export function isBuiltIn(gate: string): gate is BuiltInGate {
  return Object.hasOwn(FACTS, gate);
}

/** The facts of a gate; of one of the user's own there are none. */
export function factsOf(gate: GateName): Partial<GateFacts> {
  return isBuiltIn(gate) ? FACTS[gate] : {};
}

/** The built-in gates that cannot be judged without something. */
export function gatesThatNeed(need: GateNeed): BuiltInGate[] {
  return BUILT_IN_GATES.filter((gate) => FACTS[gate].needs.includes(need));
}

/** True when one of these gates cannot be judged without it. */
export function isNeeded(asked: readonly AskedGate[], need: GateNeed): boolean {
  return asked.some(({ gate }) => factsOf(gate).needs?.includes(need));
}

/** Rounds of probes that the gates of a hold need by its end. */
export function roundsOf(gates: readonly AskedGate[]): number {
  const asked = gates.filter(({ skip }) => skip === undefined);
  return Math.max(1, ...asked.map(({ gate }) => factsOf(gate).rounds ?? 1));
}

export interface AskedGate {
  readonly gate: GateName;
  readonly role: GateRole;
  /** Why it is not judged here; such a gate is `skipped`, shown and decides nothing. */
  readonly skip?: GateSkip;
}

/** `absent`: the plan has no such thing as the gate asks about. `overridden`: somebody said so. `no-lines`: telemetry cannot tell. */
export interface GateSkip {
  readonly code: 'absent' | 'overridden' | 'not-sticky' | 'no-lines' | 'no-counters';
  /** One sentence. */
  readonly why: string;
}

/** True of a gate that decides nothing: everywhere, or by this plan. */
export function isAdvisory({ gate, role }: AskedGate, { advisory }: Pick<GateSettings, 'advisory'>): boolean {
  return role === 'advisory' || advisory.includes(gate);
}
