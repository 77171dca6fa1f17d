/**
 * The preview as text of at most 80 columns, for terminals over ssh and for tickets.
 *
 * Invariant: deterministic, plain UTF-8 without colors; no line is longer than 80 characters unless one word is.
 */
import { formatDuration } from '../domain/duration.ts';
import { holdQuestionDeadline } from '../domain/hold-question.ts';
import type { Deadline, Plan } from '../domain/plan.ts';
import { wrap } from './wrap.ts';
import { previewPlan, rollbackPath, shortestMs, writesBack, type PreviewStep } from './preview.ts';

/** A vendor's own weight is a second write at every step. */
function movedBy({ providers }: Plan): string {
  const { traffic } = providers.edge;
  return traffic === null
    ? ''
    : `, users moved by the weight of ${traffic.use} (set after the config, going back before it)`;
}

const INDENT = 17;

/** What `cutover plan preview` prints; ends with a newline. */
export function previewText(plan: Plan): string {
  const steps = previewPlan(plan);
  const { from, to, colors, pause, onInconclusive } = plan;
  const lines: string[] = [
    ...wrap(`${plan.service}: ${from} (${colors[from].release}) → ${to} (${colors[to].release})`, 0),
    ...wrap(
      `through ${plan.providers.edge.router.use}${movedBy(plan)}, by ${plan.topology}; ${plan.entry.length} region(s)`,
      0,
    ),
    '',
  ];
  let stage: string | null = null;
  for (const step of steps) {
    if (step.stage !== stage) lines.push(step.stage);
    stage = step.stage;
    lines.push(...stepLines(step));
  }
  const asked = steps.filter((step) => step.kind === 'ask');
  const waits = plan.hold.peak === null ? 'people' : 'people and for peak';
  lines.push(
    '',
    ...wrap(
      `Shortest total: ${formatDuration(shortestMs(plan))}, plus probes${plan.providers.queue === null ? '' : ', draining'} and the waits for ${waits}.`,
      0,
    ),
    ...wrap(
      asked.length === 0 ? 'Nobody is asked.' : `Asked: ${asked.map((step) => step.what).join('; ')}.`,
      0,
    ),
    ...wrap(
      `Too little data: ${onInconclusive.extensions} extension(s) of ${formatDuration(onInconclusive.extensionMs)}, then ${onInconclusive.then}${
        onInconclusive.then === 'pause' ? ` (${pauseText(plan)})` : ''
      }.`,
      0,
    ),
    ...wrap(`A pause: ${deadlineText(pause)}.`, 0),
    '',
    'Rollback, from any stage before decommission:',
    ...rollbackPath(plan).flatMap((text, index) => wrap(`${index + 1}. ${text}`, 5, 2)),
    ...wrap(
      `Users are back after step 2: ${writesBack(plan)}, normally under a second plus what the edge takes to propagate.`,
      0,
    ),
    'Point of no return: the start of decommission.',
  );
  return `${lines.join('\n')}\n`;
}

function stepLines(step: PreviewStep): string[] {
  const at = `+${formatDuration(step.atMs)}`.padStart(10);
  const lasts = step.lastsMs > 0 ? `${formatDuration(step.lastsMs)}: ` : '';
  const [first = '', ...rest] = wrap(`${lasts}${step.what}`, INDENT);
  const lines = [`${at} ${step.kind.padEnd(5)}${first.slice(INDENT - 1)}`, ...rest];
  if (step.undo !== null) lines.push(...wrap(`undo: ${step.undo}`, INDENT + 6, INDENT));
  if (step.deadline !== null)
    lines.push(...wrap(`deadline: ${deadlineText(step.deadline)}`, INDENT + 10, INDENT));
  return lines;
}

/** A question waits by the deadline of the hold that asks it. */
function pauseText(plan: Plan): string {
  const shadow = deadlineText(holdQuestionDeadline(plan, 'shadow'));
  const others = deadlineText(holdQuestionDeadline(plan, 'canary'));
  return shadow === others ? others : `in shadow: ${shadow}; later: ${others}`;
}

function deadlineText({ afterMs, then }: Deadline): string {
  return `after ${formatDuration(afterMs)} ${then}`;
}
