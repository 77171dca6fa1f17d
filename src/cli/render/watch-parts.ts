/**
 * The parts of the live view, each a pure function from a status to lines.
 * Invariant: no line is wider than `width` columns, whatever a service or an operator wrote into a summary.
 */
import { answersTo, stageMarks, standing, stepsSaid } from '../../board/standing.ts';
import { when } from '../../board/time.ts';
import type { SwitchStatus } from '../../client/index.ts';
import type { SwitchState } from '../../domain/state.ts';
import type { Paint } from '../output.ts';
import { bar, clip, oneLine, pad, span, widthOf, wrap } from './text.ts';

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
}

export interface Moment extends Screen {
  readonly nowMs: number;
}

/** What is switched, and in one phrase where it stands. */
export function titleLines(state: SwitchState, { execution, runId }: SwitchStatus, at: Moment): string[] {
  const { plan } = state;
  const { paint, width } = at;
  const colors = `${plan.from} (${plan.colors[plan.from].release}) → ${plan.to} (${plan.colors[plan.to].release})`;
  const service = clip(plan.service, 30);
  const [tone, mark, text] = standing(state, execution);
  const age = span((state.outcome === null ? at.nowMs : state.stageSinceMs) - state.startedAtMs);
  const running = state.outcome === null ? `, ${age} ago` : '';
  return [
    `${paint('bold', service)}  ${clip(colors, width - 2 - widthOf(service))}`,
    paint(tone, `${mark} ${clip(text, width - 2)}`),
    paint(
      'dim',
      clip(`started by ${state.startedBy} at ${stamp(state.startedAtMs)}${running}; run ${runId}`, width),
    ),
  ];
}

/** Desired and actual weight side by side: they differ when the edge did not take what was written. */
export function weightLine(state: SwitchState, { paint, width }: Screen): string {
  const { desiredPercent: desired, actualPercent: actual, generation, plan } = state;
  const same = actual === null || actual === desired;
  const read = actual === null ? 'unread' : `${actual} %`;
  const full = `  generation ${generation ?? '–'}${state.frozenMs === null ? '' : `, was frozen ${span(state.frozenMs)}`}`;
  const head = `weight of ${plan.to}  desired ${pad(`${desired} %`, 6)} actual `;
  const tail = widthOf(head) + 6 + widthOf(full) <= width ? full : '';
  const room = Math.min(24, width - widthOf(head) - 8 - widthOf(tail));
  const picture = room >= 8 ? ` ${bar((actual ?? 0) / 100, room)}` : '';
  return `${head}${paint(same ? 'good' : 'bad', pad(read, 6))}${picture}${paint('dim', tail)}`;
}

export function stageLines(state: SwitchState, { paint, width }: Screen): string[] {
  const lines: [number, string][] = [];
  for (const { stage, tone, mark } of stageMarks(state)) {
    const last = lines.at(-1);
    const text = `${mark} ${stage}`;
    const columns = widthOf(text);
    if (last === undefined || last[0] + 2 + columns > width) lines.push([columns, paint(tone, text)]);
    else lines[lines.length - 1] = [last[0] + 2 + columns, `${last[1]}  ${paint(tone, text)}`];
  }
  return lines.map(([, line]) => line);
}

/** The hold under way with its countdown, and the one thing that is waited for. */
export function waitLines(state: SwitchState, status: SwitchStatus, at: Moment): string[] {
  const { paint, width, nowMs } = at;
  const { hold, wait } = state;
  const lines: string[] = [];
  if (status.execution !== 'RUNNING') {
    if (state.outcome !== null) return [];
    return wrap(`! ${endedFromOutside(state.plan.service)}`, width, 2).map((line) => paint('bad', line));
  }
  if (hold !== null) {
    const look = status.live?.look.index ?? 0;
    const left = hold.endsMs - nowMs;
    const { probing } = status;
    // When its time is over, a hold waits for the probes of its last look.
    const share =
      left <= 0 && probing !== undefined
        ? probing.done / Math.max(1, probing.total)
        : (nowMs - hold.sinceMs) / Math.max(1, hold.endsMs - hold.sinceMs);
    const tail =
      probing === undefined
        ? ` look ${look} of ${hold.looks}`
        : ` probes ${probing.done} of ${probing.total}`;
    const closing = probing === undefined ? 'judging' : 'asking and scoring';
    const until = left > 0 ? `${span(left)} left of ${span(hold.endsMs - hold.sinceMs)}` : closing;
    const text = `hold ${hold.step}: ${until}`;
    lines.push(`${clip(text, width - 24 - tail.length)} ${bar(share, 20)}${paint('dim', tail)}`);
  }
  for (const { what } of state.concerns) {
    for (const line of wrap(`! ${oneLine(what)}`, width, 2)) lines.push(paint('bad', line));
  }
  if (wait !== null) {
    const [first = '', ...rest] = wrap(`waits for ${oneLine(wait.what)}`, width - 2);
    lines.push(`${paint('warn', '…')} ${clip(first, width - 2)}`);
    if (rest.length > 0) lines.push(`  ${clip(rest.join(' '), width - 2)}`);
    const due =
      wait.deadlineMs === null
        ? 'no deadline'
        : `${span(wait.deadlineMs - nowMs)} left (until ${when(wait.deadlineMs, nowMs)}), then ${wait.then}`;
    const text = `since ${when(wait.sinceMs, nowMs)}; ${oneLine(due)}`;
    lines.push(...wrap(text, width - 2).map((line) => paint('warn', `  ${clip(line, width - 2)}`)));
    lines.push(...answersTo(state).map((answer) => paint('dim', `  ${clip(`$ ${answer}`, width - 2)}`)));
  }
  if (state.pause !== null) {
    lines.push(
      paint(
        'warn',
        clip(`॥ paused by ${state.pause.by} for ${span(nowMs - state.pause.sinceMs)}; cutover resume`, width),
      ),
    );
  }
  return lines;
}

/** Said of a run that was terminated, failed or timed out: users stand where its last write put them. */
export function endedFromOutside(service: string): string {
  return `it ended without an outcome and moves nobody any more; cutover recover ${service} says where users are and brings them home`;
}

/** What rollback would undo, and what fails right now. */
export function careLines(
  state: SwitchState | null,
  status: SwitchStatus,
  { paint, width }: Screen,
): string[] {
  const undo =
    state === null || state.outcome !== null || state.undo.length === 0 || status.execution !== 'RUNNING'
      ? []
      : [`undo registered: ${state.undo.join(' · ')}`];
  const steps = state === null || state.steps.length === 0 ? [] : [`steps: ${stepsSaid(state)}`];
  const noReturn =
    state?.pastNoReturn === true && state.outcome === null ? ['past the point of no return'] : [];
  return [
    ...[...steps, ...undo, ...noReturn].map((line) => paint('dim', clip(line, width))),
    ...status.trouble
      .slice(0, 3)
      .map(({ activity, attempt, failure }) =>
        paint('bad', clip(`✖ ${activity} fails, attempt ${attempt}: ${failure}`, width)),
      ),
  ];
}

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}
