/**
 * The gate table of the live view: verdict now, tally over this switch, and why.
 * Invariant: what is not green is never dropped for lack of room; green gates fold into fewer lines.
 */
import { MARK, TONE } from '../../board/marks.ts';
import { lookTally, tallies, tallyText } from '../../board/tally.ts';
import type { SwitchStatus } from '../../client/index.ts';
import type { SwitchEvent } from '../../domain/event.ts';
import type { GateSummary } from '../../domain/gate-record.ts';
import type { SwitchState } from '../../domain/state.ts';
import { clip, oneLine, pad, wrap } from './text.ts';
import type { Screen } from './watch-parts.ts';

/** The table in at most `rows` lines, as long as everything that is not green has room. */
export function gateLines(
  state: SwitchState,
  { live }: SwitchStatus,
  events: readonly SwitchEvent[],
  screen: Screen & { rows: number },
): string[] {
  const all = live?.gates ?? state.gates;
  const gates = all.filter((gate) => gate.verdict !== 'skipped');
  if (all.length === 0) return [];
  const { paint, width, rows } = screen;
  const byGate = tallies(recorded(events, live));
  const looks = tallyText(lookTally(state.looks));
  const head = paint(
    'dim',
    clip(`${pad('GATE', 18)} ${pad('TALLY', 14)} WHY   (looks so far: ${looks})`, width),
  );
  const reasonWidth = width - WHY_AT;
  const lines = (gate: GateSummary, most: number): string[] => {
    const tally = byGate.get(gate.gate) ?? { pass: 0, fail: 0, inconclusive: 0 };
    const name = pad(`${gate.gate}${gate.advisory ? ' (adv)' : ''}`, 16);
    const why = wrap(oneLine(gate.summary), reasonWidth);
    const rest = why.slice(most - 1).join(' ');
    const [first = '', ...more] = [...why.slice(0, most - 1), ...(rest === '' ? [] : [rest])];
    const mark = paint(TONE[gate.verdict], `${MARK[gate.verdict]} ${name}`);
    return [
      `${mark} ${pad(tallyText(tally), 14)} ${clip(first, reasonWidth)}`,
      ...more.map((line) => ' '.repeat(WHY_AT) + clip(line, reasonWidth)),
    ];
  };
  const green = gates.filter((gate) => gate.verdict === 'pass');
  const open = gates.filter((gate) => gate.verdict !== 'pass');
  const folded = wrap(`✔ ${green.map((gate) => gate.gate).join(' · ')}`, width, 2).map((line) =>
    paint('good', line),
  );
  // From roomy to tight; the last form is used whether it fits or not.
  const forms = [
    () => gates.flatMap((gate) => lines(gate, gate.verdict === 'pass' ? 1 : 3)),
    () => gates.flatMap((gate) => lines(gate, 1)),
    () => [...open.flatMap((gate) => lines(gate, 2)), ...(green.length === 0 ? [] : folded)],
    () => [...open.flatMap((gate) => lines(gate, 1)), ...(green.length === 0 ? [] : folded)],
  ];
  // An overridden gate is somebody's decision, which the others must see.
  const skipped = all
    .filter((gate) => gate.verdict === 'skipped')
    .map((gate) =>
      paint(TONE.skipped, clip(`${MARK.skipped} ${gate.gate}: ${oneLine(gate.summary)}`, width)),
    );
  const drawn = forms.map((form) => [...form(), ...skipped]);
  return [head, ...(drawn.find((form) => form.length + 1 <= rows) ?? drawn.at(-1) ?? [])];
}

/** Columns before a reason. */
const WHY_AT = 34;

/** The looks that were recorded, and the one that a running watch has only in its heartbeat. */
function recorded(
  events: readonly SwitchEvent[],
  live: SwitchStatus['live'],
): readonly Pick<Extract<SwitchEvent, { type: 'looked' }>, 'gates'>[] {
  const looks = events.filter((event) => event.type === 'looked');
  if (live === null) return looks;
  const isKnown = looks.at(-1)?.evidence === live.evidence;
  return isKnown ? looks : [...looks, live];
}
