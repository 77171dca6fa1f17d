/**
 * Reads the signal of a watching activity. Anybody can send one of that name, so it is believed only when it has a look's shape,
 * and only its own fields are taken: nothing in it can make another event.
 */
import type { WatchProgress } from '../activities/api.ts';
import { toConcerns } from '../domain/concern.ts';
import { GATE_ROLES, type Verdict } from '../domain/gate.ts';
import type { GateSummary } from '../domain/gate-record.ts';

const MAX_TEXT = 2000;
const MAX_GATES = 100;
const VERDICTS: readonly unknown[] = ['pass', 'fail', 'inconclusive', 'error', 'skipped'];

export function toProgress(input: unknown): WatchProgress | null {
  const { step, evidence, verdict, gates, look, concerns } = record(input);
  const { index, planned, final } = record(look);
  const isSound =
    isText(step) &&
    isText(evidence) &&
    isCount(index) &&
    isCount(planned) &&
    isVerdict(verdict) &&
    Array.isArray(gates) &&
    gates.length <= MAX_GATES;
  if (!isSound) return null;
  const summaries = gates.map(toSummary);
  if (summaries.includes(null)) return null;
  return {
    step,
    evidence,
    verdict,
    look: { index, planned, final: final === true },
    gates: summaries as GateSummary[],
    concerns: toConcerns(concerns),
    requests: null,
  };
}

function toSummary(input: unknown): GateSummary | null {
  const { gate, role, summary, reason, advisory, verdict } = record(input);
  const known = GATE_ROLES.find((one) => one === role);
  const isSound =
    isText(gate) &&
    known !== undefined &&
    isText(summary) &&
    isText(reason) &&
    (advisory === undefined || typeof advisory === 'boolean') &&
    isVerdict(verdict);
  return isSound
    ? {
        gate: gate as GateSummary['gate'],
        role: known,
        summary,
        reason,
        verdict,
        ...(advisory === true ? { advisory } : {}),
      }
    : null;
}

function record(input: unknown): Record<string, unknown> {
  return input !== null && typeof input === 'object' ? (input as Record<string, unknown>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isVerdict(value: unknown): value is Verdict {
  return VERDICTS.includes(value);
}
