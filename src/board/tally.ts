/** How often gates and looks passed, failed and knew too little. */
import type { GateName, Verdict } from '../domain/gate.ts';
import type { GateSummary } from '../domain/gate-record.ts';
import type { SwitchState } from '../domain/state.ts';

export interface Tally {
  pass: number;
  fail: number;
  inconclusive: number;
}

/** Verdicts so far by gate. */
export function tallies(
  looks: readonly { readonly gates: readonly GateSummary[] }[],
): ReadonlyMap<GateName, Tally> {
  const found = new Map<GateName, Tally>();
  for (const { gates } of looks) {
    for (const { gate, verdict } of gates) {
      const tally = found.get(gate) ?? { pass: 0, fail: 0, inconclusive: 0 };
      count(tally, verdict);
      found.set(gate, tally);
    }
  }
  return found;
}

/** Verdicts of one look. */
export function gateTally(gates: readonly GateSummary[]): Tally {
  const tally: Tally = { pass: 0, fail: 0, inconclusive: 0 };
  for (const { verdict } of gates) count(tally, verdict);
  return tally;
}

/** Verdicts of whole looks. */
export function lookTally(looks: SwitchState['looks']): Tally {
  const tally: Tally = { pass: 0, fail: 0, inconclusive: 0 };
  for (const [verdict, number] of Object.entries(looks)) count(tally, verdict as Verdict, number);
  return tally;
}

function count(tally: Tally, verdict: Verdict, number = 1): void {
  if (verdict === 'pass' || verdict === 'fail') tally[verdict] += number;
  // A broken judge said nothing about the service either.
  if (verdict === 'inconclusive' || verdict === 'error') tally.inconclusive += number;
}

export function tallyText({ pass, fail, inconclusive }: Tally): string {
  return `✔ ${pass} ✖ ${fail} ? ${inconclusive}`;
}
