/** Counts outcomes over repetitions. Invariant: merging the tallies of two workers equals tallying both their work. */
import type { BuiltInGate } from '../../src/domain/gate.ts';
import type { GateOutcome } from './hold.ts';

export interface GateTally {
  fail: number;
  pass: number;
  plain: number;
  kayenta: number;
  /** Looks at which it failed. */
  looks: number[];
}

export interface Tally {
  reps: number;
  /** Repetitions in which Mann-Whitney was asked. */
  asked: number;
  /** Holds in which any gate failed, or alarmed. */
  any: GateTally;
  gates: Partial<Record<BuiltInGate, GateTally>>;
}

const none = (): GateTally => ({ fail: 0, pass: 0, plain: 0, kayenta: 0, looks: [] });

export function emptyTally(): Tally {
  return { reps: 0, asked: 0, any: none(), gates: {} };
}

export function count(tally: Tally, outcomes: readonly GateOutcome[]): void {
  tally.reps += 1;
  tally.asked += Number(outcomes.every(({ kayenta }) => kayenta !== null));
  const fails = outcomes.filter(({ verdict }) => verdict === 'fail');
  const first = Math.min(...fails.map(({ look }) => look));
  add(tally.any, {
    fail: Math.min(1, fails.length),
    pass: Number(outcomes.every(({ verdict }) => verdict === 'pass')),
    plain: Number(outcomes.some(({ plain }) => plain)),
    kayenta: Number(outcomes.some(({ kayenta }) => kayenta === true)),
    looks: fails.length > 0 ? [first] : [],
  });
  for (const { gate, verdict, look, plain, kayenta } of outcomes) {
    const mine = (tally.gates[gate] ??= none());
    add(mine, {
      fail: Number(verdict === 'fail'),
      pass: Number(verdict === 'pass'),
      plain: Number(plain),
      kayenta: Number(kayenta ?? false),
      looks: verdict === 'fail' ? [look] : [],
    });
  }
}

export function merge(into: Tally, other: Tally): void {
  into.reps += other.reps;
  into.asked += other.asked;
  add(into.any, other.any);
  for (const [gate, tally] of Object.entries(other.gates))
    add((into.gates[gate as BuiltInGate] ??= none()), tally);
}

function add(into: GateTally, other: GateTally): void {
  into.fail += other.fail;
  into.pass += other.pass;
  into.plain += other.plain;
  into.kayenta += other.kayenta;
  into.looks.push(...other.looks);
}
