/** What one run of the matrix was: read from the events of the switch, kept as a line of JSON. */
import type { SwitchEvent } from '../../src/domain/event.ts';
import type { Stage } from '../../src/domain/stage.ts';
import type { Outcome } from '../../src/domain/state.ts';
import { gateOf, type DefectCase } from './cases.ts';

export interface FailedGate {
  readonly gate: string;
  readonly reason: string;
  readonly summary: string;
}

/** The verdict that ended a switch. */
export interface Verdict {
  readonly stage: Stage;
  readonly step: string;
  /** 1-based, within the hold or its extension. */
  readonly look: number;
  readonly planned: number;
  /** 0: within the hold itself. */
  readonly extension: number;
  /** From the start of the switch. */
  readonly seconds: number;
  /** Every gate that failed at this look, in the order asked. */
  readonly failed: readonly FailedGate[];
}

export interface DefectRun {
  readonly case: string;
  readonly run: number;
  readonly at: string;
  readonly outcome: Outcome['kind'] | 'broken off';
  /** Named in the outcome. */
  readonly gate: string | null;
  readonly reason: string;
  readonly verdict: Verdict | null;
  /** Stage in which the switch ended. */
  readonly stage: Stage;
  readonly asked: readonly string[];
  /** Highest share of users that green had, and how many of their requests it answered. */
  readonly users: { readonly percent: number; readonly answers: number };
  readonly ledger: { readonly ok: boolean; readonly wrong: readonly string[] };
  /** From the start of the switch to its end, rollback included. */
  readonly switchSeconds: number;
  /** With the traffic before it and the ledger's check after it. */
  readonly seconds: number;
}

/** The look whose verdict began the rollback, or null where no gate did. */
export function verdictIn(events: readonly SwitchEvent[]): Verdict | null {
  const startedMs = events[0]?.atMs ?? 0;
  const holds = new Map<string, number>();
  let stage: Stage = 'preflight';
  let verdict: Verdict | null = null;
  for (const event of events) {
    if (event.type === 'stage-entered') stage = event.stage;
    if (event.type === 'hold-started') holds.set(event.step, (holds.get(event.step) ?? 0) + 1);
    if (event.type === 'rollback-started') return event.trigger === 'gate' ? verdict : null;
    if (event.type !== 'looked' || event.verdict !== 'fail') continue;
    const { step, look, gates } = event;
    verdict = {
      stage,
      step,
      look: look.index,
      planned: look.planned,
      extension: Math.max(0, (holds.get(step) ?? 1) - 1),
      seconds: Math.round((event.atMs - startedMs) / 100) / 10,
      failed: gates
        .filter((one) => one.verdict === 'fail' && !one.advisory)
        .map(({ gate, reason, summary }) => ({ gate, reason, summary })),
    };
  }
  return null;
}

/** From the first event to the last. */
export function secondsOf(events: readonly SwitchEvent[]): number {
  return Math.round(((events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0)) / 100) / 10;
}

export function lastStage(events: readonly SwitchEvent[]): Stage {
  return events.findLast((event) => event.type === 'stage-entered')?.stage ?? 'preflight';
}

export function highestPercent(events: readonly SwitchEvent[]): number {
  return Math.max(0, ...events.map((event) => (event.type === 'edge-written' ? event.actualPercent : 0)));
}

/** How the run ended, in the words of the table; `as expected` needs the right gate in the right stage, and no question. */
export function endingOf(defect: DefectCase, run: DefectRun): { asExpected: boolean; words: string } {
  const gate = gateOf(defect);
  const where = run.verdict?.stage ?? run.stage;
  const asked = run.asked.length > 0;
  const asExpected =
    defect.stage === null
      ? run.outcome === 'completed' && !asked
      : run.outcome === 'rolled-back' &&
        run.gate === gate &&
        run.verdict !== null &&
        run.verdict.stage === defect.stage &&
        !asked;
  if (run.outcome === 'rolled-back' && run.gate !== null)
    return { asExpected, words: `${run.gate} in ${where}` };
  if (asked && run.outcome !== 'broken off') return { asExpected, words: `asked in ${where}` };
  return { asExpected, words: run.outcome === 'completed' ? 'completed' : `${run.outcome} in ${where}` };
}
