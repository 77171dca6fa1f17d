/**
 * The live view of `status --watch`: a status in, lines out; works over ssh in 80 × 24.
 * Invariant: pure, and never more lines than the screen has; what is left out first is old events, then green gates' reasons.
 */
import type { SwitchStatus } from '../../client/index.ts';
import type { SwitchEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/state.ts';
import { eventLine } from './event-line.ts';
import { outcomeSaid } from '../../board/words.ts';
import { findingLines } from './findings.ts';
import { gateLines } from './gates.ts';
import { clip, oneLine, wrap } from './text.ts';
import {
  careLines,
  endedFromOutside,
  stageLines,
  titleLines,
  waitLines,
  weightLine,
  type Moment,
} from './watch-parts.ts';

/** What the view is made of. */
export interface View {
  readonly service: string;
  readonly status: SwitchStatus;
  /** Oldest first; empty when they are not known. */
  readonly events: readonly SwitchEvent[];
  /** Of a run that ended, though no worker could be asked for its state. */
  readonly outcome: Outcome | null;
}

/** Events shown at the most. */
const EVENTS = 5;

export function watchLines(view: View, at: Moment): string[] {
  const { status, events } = view;
  const { state } = status;
  if (state === null) return blindLines(view, at);
  const top = [
    ...titleLines(state, status, at),
    '',
    weightLine(state, at),
    ...stageLines(state, at),
    ...section(waitLines(state, status, at)),
    ...section(careLines(state, status, at)),
  ];
  // Two events say where it comes from; all else is for the gates.
  const ending = state.outcome === null ? [] : section(endingLines(state.outcome, at));
  const room = at.height - 1 - top.length - ending.length;
  const gates = section(gateLines(state, status, events, { ...at, rows: room - 4 }));
  const left = room - gates.length - 1;
  const before = events.filter((event) => event.type !== 'ended');
  const count = Math.max(0, Math.min(EVENTS, left));
  const recent = before.slice(before.length - Math.min(count, before.length));
  const lines = [...top, ...gates, ...section(recent.map((event) => eventText(event, at))), ...ending];
  return lines.slice(0, at.height - 1);
}

/** Nobody answers the query: what Temporal itself knows. */
function blindLines({ service, status, outcome }: View, at: Moment): string[] {
  const { paint, width } = at;
  const head = `${paint('bold', clip(service, 40))}  ${status.execution.toLowerCase()}`;
  const run = paint('dim', clip(`${status.workflowId}, run ${status.runId}`, width));
  if (outcome !== null) return [head, run, ...endingLines(outcome, at)];
  const ended = status.execution !== 'RUNNING';
  const why = ended
    ? endedFromOutside(service)
    : status.taskTrouble === null
      ? 'no worker answers, so its state is not known; nothing is lost: run `cutover worker`'
      : `its workflow task keeps failing (attempt ${status.taskTrouble.attempt}: ${oneLine(status.taskTrouble.failure)}); ` +
        'commands are recorded, and obeyed once a worker of the release it was started with runs';
  return [
    head,
    run,
    ...wrap(`… ${why}`, width, 2).map((line) => paint('warn', line)),
    ...careLines(null, status, at),
  ];
}

/** How it ended; of a refusal also what is to be mended. */
function endingLines(outcome: Outcome, { paint, width }: Moment): string[] {
  const [tone, mark, what] = outcomeSaid(outcome);
  const said = wrap(`${mark} ${oneLine(what)}`, width, 2).map((line) => paint(tone, clip(line, width)));
  return outcome.kind === 'refused' ? [...said, ...findingLines(outcome.findings, width, paint)] : said;
}

function eventText(event: SwitchEvent, { paint, width }: Moment): string {
  const line = eventLine(event);
  return `${paint('dim', line.slice(0, 8))}${clip(line, width).slice(8)}`;
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}
