/**
 * The gate table of the live view: verdict now, tally over this switch, and why.
 * Invariant: what is not green is never dropped for lack of room; green gates fold into fewer lines.
 */
import type { SwitchStatus } from '../../client/index.ts';
import type { SwitchEvent } from '../../domain/event.ts';
import type { GateName, GateSummary, Verdict } from '../../domain/gate.ts';
import type { SwitchState } from '../../domain/state.ts';
import { MARK, TONE } from './event-line.ts';
import { clip, pad, wrap } from './text.ts';
import type { Screen } from './watch-parts.ts';

export interface Tally {
  pass: number;
  fail: number;
  inconclusive: number;
}

/** Verdicts so far by gate, from the looks that were recorded. */
export function tallies(events: readonly SwitchEvent[]): ReadonlyMap<GateName, Tally> {
  const found = new Map<GateName, Tally>();
  for (const event of events) {
    if (event.type !== 'looked') continue;
    for (const { gate, verdict } of event.gates) {
      const tally = found.get(gate) ?? { pass: 0, fail: 0, inconclusive: 0 };
      count(tally, verdict);
      found.set(gate, tally);
    }
  }
  return found;
}

/** Verdicts of whole looks. */
export function lookTally(looks: SwitchState['looks']): Tally {
  const tally: Tally = { pass: 0, fail: 0, inconclusive: 0 };
  for (const { verdict } of looks) count(tally, verdict);
  return tally;
}

function count(tally: Tally, verdict: Verdict): void {
  if (verdict === 'pass' || verdict === 'fail') tally[verdict] += 1;
  // A broken judge said nothing about the service either.
  if (verdict === 'inconclusive' || verdict === 'error') tally.inconclusive += 1;
}

function tallyText({ pass, fail, inconclusive }: Tally): string {
  return `✔ ${pass} ✖ ${fail} ? ${inconclusive}`;
}

/** The table in at most `rows` lines, as long as everything that is not green has room. */
export function gateLines(
  state: SwitchState,
  { live }: SwitchStatus,
  events: readonly SwitchEvent[],
  screen: Screen & { rows: number },
): string[] {
  const gates = (live?.gates ?? state.gates).filter((gate) => gate.verdict !== 'skipped');
  if (gates.length === 0) return [];
  const { paint, width, rows } = screen;
  const byGate = tallies(events);
  const looks = tallyText(lookTally(state.looks));
  const head = paint(
    'dim',
    clip(`${pad('GATE', 18)} ${pad('TALLY', 14)} WHY   (looks so far: ${looks})`, width),
  );
  const line = (gate: GateSummary): string => {
    const { pass = 0, fail = 0, inconclusive = 0 } = byGate.get(gate.gate) ?? {};
    const name = pad(`${gate.gate}${gate.advisory ? ' (adv)' : ''}`, 16);
    const tally = pad(byGate.size === 0 ? '' : tallyText({ pass, fail, inconclusive }), 14);
    const tone = TONE[gate.verdict];
    return `${paint(tone, `${MARK[gate.verdict]} ${name}`)} ${tally} ${clip(gate.summary, width - 34)}`;
  };
  if (gates.length + 1 <= rows) return [head, ...gates.map((gate) => line(gate))];
  const open = gates.filter((gate) => gate.verdict !== 'pass');
  const green = gates.filter((gate) => gate.verdict === 'pass').map((gate) => gate.gate);
  const folded = green.length === 0 ? [] : wrap(`✔ ${green.join(' · ')}`, width, 2);
  return [head, ...open.map((gate) => line(gate)), ...folded.map((text) => paint('good', text))];
}
