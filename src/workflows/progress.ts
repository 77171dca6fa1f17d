/** Reads the signal of a watching activity. Anybody can send one of that name, so it is believed only when it has a look's shape. */
import type { WatchProgress } from '../activities/api.ts';
import { toConcerns } from '../domain/concern.ts';
import type { GateSummary } from '../domain/gate-record.ts';

export function toProgress(input: unknown): WatchProgress | null {
  const given = (input ?? {}) as Partial<Record<keyof WatchProgress, unknown>>;
  const look = (given.look ?? {}) as Partial<Record<keyof WatchProgress['look'], unknown>>;
  const isSound =
    typeof given.step === 'string' &&
    typeof given.evidence === 'string' &&
    given.evidence.length <= 200 &&
    typeof look.index === 'number' &&
    typeof look.planned === 'number' &&
    isVerdict(given.verdict) &&
    Array.isArray(given.gates) &&
    given.gates.length <= 100 &&
    given.gates.every(isSummary);
  return isSound
    ? { ...(input as WatchProgress), concerns: toConcerns(given.concerns), requests: null }
    : null;
}

function isSummary(input: unknown): boolean {
  const given = (input ?? {}) as Partial<Record<keyof GateSummary, unknown>>;
  const texts = [given.gate, given.role, given.summary, given.reason];
  return (
    texts.every((text) => typeof text === 'string' && text.length <= 2000) &&
    typeof given.advisory === 'boolean' &&
    isVerdict(given.verdict)
  );
}

function isVerdict(input: unknown): boolean {
  return ['pass', 'fail', 'inconclusive', 'error', 'skipped'].some((one) => one === input);
}
