/**
 * What a gate's rule says, and the few ways to say it.
 * Invariant: a rule never builds a PASS by omission: each verdict is constructed by name, with a reason code and a
 * sentence, and `atEnd` alone decides whether a statistical PASS is due.
 */
import type { Verdict } from '../gate.ts';
import {
  UNDERPOWERED,
  type GateArm,
  type GateClusters,
  type GateEffect,
  type GateLoss,
  type GateRecord,
  type GateSeries,
  type Offender,
} from '../gate-record.ts';
import type { Look, LookInput } from '../look-input.ts';

export interface Ruling {
  readonly verdict: Verdict;
  /** Most important first. */
  readonly reasonCodes: readonly string[];
  readonly summary: string;
  readonly from?: Partial<Omit<GateArm, 'color'>>;
  readonly to?: Partial<Omit<GateArm, 'color'>>;
  readonly effect?: GateEffect | null;
  readonly threshold?: GateRecord['threshold'];
  readonly power?: GateRecord['power'];
  readonly offenders?: readonly Offender[];
  readonly series?: readonly GateSeries[];
  readonly loss?: GateLoss;
  readonly clusters?: GateClusters;
}

/** The parts of a ruling that only inform. */
export type Facts = Omit<Ruling, 'verdict' | 'reasonCodes' | 'summary'>;

export type Rule = (input: LookInput) => Ruling;

/** @param code `ok`, or a warning that does not decide. */
export function pass(summary: string, facts: Facts = {}, code = 'ok'): Ruling {
  return { ...facts, verdict: 'pass', reasonCodes: [code], summary };
}

export function fail(code: string, summary: string, facts: Facts = {}): Ruling {
  return { ...facts, verdict: 'fail', reasonCodes: [code], summary };
}

export function inconclusive(code: string, summary: string, facts: Facts = {}): Ruling {
  return { ...facts, verdict: 'inconclusive', reasonCodes: [code], summary };
}

/** What the gate asks about is not there: nothing to judge, and no proof of anything. */
export function skipped(code: string, summary: string, facts: Facts = {}): Ruling {
  return { ...facts, verdict: 'skipped', reasonCodes: [code], summary };
}

/** There are data, but too few to decide: no objection of a guard. */
export function underpowered(code: string, summary: string, facts: Facts = {}): Ruling {
  return { ...facts, verdict: 'inconclusive', reasonCodes: [UNDERPOWERED, code], summary };
}

/** `from` itself breaks the rule: the environment or the gold set is at fault, never `to`. */
export function sickBaseline(summary: string, facts: Facts = {}): Ruling {
  return { ...facts, verdict: 'error', reasonCodes: ['baseline_unhealthy'], summary };
}

/** A statistical PASS is due at the scheduled end only: an early one would be picked from many looks. */
export function atEnd(look: Look, ruling: Ruling): Ruling {
  if (look.final || ruling.verdict !== 'pass') return ruling;
  const reasonCodes = [UNDERPOWERED, 'awaiting_end', ...ruling.reasonCodes.filter((code) => code !== 'ok')];
  return { ...ruling, verdict: 'inconclusive', reasonCodes, summary: `So far: ${ruling.summary}` };
}

/** `12.3 %` of a share. */
export function percent(share: number, digits = 1): string {
  return `${fixed(share * 100, digits)} %`;
}

/** Two significant digits: `2 %`, `0.033 %`. */
export function shortPercent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** Digits after the point; `∞` where there is no bound, and no `-0.000`. */
export function fixed(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return value < 0 ? '-∞' : '∞';
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}
