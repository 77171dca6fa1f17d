/** Lines and terms small enough to count by hand. */
import assert from 'node:assert/strict';
import {
  BUILT_IN_RULE,
  countLines,
  type CountedLine,
  type PartLimits,
  type PartSums,
  type SumsTerms,
  type TrafficSums,
} from '../../../src/domain/clusters/index.ts';

export const FAILED = { ok: false, error: 'headers:http_5xx:503' } as const;

/** A user whose hash has this bin. */
export function userOf(bin: number, which = 0): string {
  return (bin * 2 ** 7).toString(16).padStart(4, '0') + which.toString(16).padStart(12, '0');
}

export function line(second: number, over: Partial<CountedLine> = {}): CountedLine {
  return {
    atMs: second * 1000,
    color: 'green',
    region: 'eu',
    route: 'answer',
    user: userOf(1),
    instance: null,
    cold: false,
    ok: true,
    error: null,
    tfinalMs: 100,
    tusableMs: null,
    cache: null,
    ...over,
  };
}

/** Seven ticks of a minute in blocks of three: the oldest block is one tick long. */
export const TERMS: SumsTerms = {
  startMs: 0,
  holdMs: 900_000,
  grid: { tickMs: 60_000, blockTicks: 3, ticks: 7 },
  to: 'green',
  from: 'blue',
  recent: { startMs: 60_000, parts: 6 },
  sameFailureMs: 60_000,
  serverErrors: BUILT_IN_RULE,
  known: [],
  apartBlocks: 1,
};

export const errorsOnly = (parts: readonly { readonly part: PartLimits['part'] }[]): PartLimits[] =>
  parts.map(({ part }) => ({ part, final: null, usable: null, weights: null }));

export function count(lines: readonly CountedLine[], over: Partial<SumsTerms> = {}): TrafficSums {
  return countLines(lines, { ...TERMS, ...over }, errorsOnly);
}

export function wholeOf({ parts }: TrafficSums): PartSums {
  const [whole] = parts;
  assert.ok(whole !== undefined && whole.part === null);
  return whole;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, one) => sum + one, 0);
}
