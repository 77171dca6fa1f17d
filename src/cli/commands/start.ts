/** `cutover start`: starts the switch of a plan, tells what preflight found, and follows it with `--wait`. */
import { admitted, follow, startSwitch, TASK_QUEUE, type SwitchHandle } from '../../client/index.ts';
import type { Finding } from '../../domain/finding.ts';
import type { LoadedPlan } from '../../plan/load.ts';
import { EXIT, outcomeExit } from '../exit-codes.ts';
import { readPlan } from '../read-plan.ts';
import { eventLine } from '../render/event-line.ts';
import { findingLines } from '../render/findings.ts';
import {
  BY_OPTION,
  flag,
  required,
  TEMPORAL_OPTIONS,
  text,
  who,
  type CommandSpec,
  type Context,
} from '../spec.ts';
import { withTemporal } from '../temporal.ts';

/** How long a start waits for preflight's answer. */
const ADMISSION_MS = 20_000;

/** Between two looks at a switch that is waited for. */
const LOOK_MS = 1000;

export const start: CommandSpec = {
  name: 'start',
  usage: '<cutover.yaml>',
  maxPositionals: 1,
  about:
    'Starts the switch that a plan describes and says what preflight found. A blocking finding ends it before anything changed (exit 4). One switch a service: a second start is refused.',
  options: {
    wait: { type: 'boolean', help: 'print events until the switch ends; exit 0, 4, 5 or 6' },
    ...BY_OPTION,
    'task-queue': { type: 'string', value: '<name>', help: `workers' task queue (default ${TASK_QUEUE})` },
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover start cutover.yaml', 'cutover start cutover.yaml --wait --by ana'],
  run: async (context) => {
    const loaded = await readPlan(required(context, 0, 'the plan file'), context);
    return withTemporal(context, async ({ client }) => {
      const { plan, digest: planDigest } = loaded;
      const taskQueue = text(context, 'task-queue') ?? TASK_QUEUE;
      const handle = await startSwitch(client, { plan, planDigest, by: who(context), taskQueue });
      const { runId } = await handle.describe();
      const ids = { service: plan.service, workflowId: handle.workflowId, runId, planDigest };
      announce(context, loaded, runId);
      if (flag(context, 'wait')) return waitForEnd(context, ids, { handle, taskQueue });
      const answer = await admitted(handle, ADMISSION_MS);
      context.signal.throwIfAborted();
      return tellAdmission(context, ids, answer, taskQueue);
    });
  },
};

interface Ids {
  readonly service: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly planDigest: string;
}

function announce({ out }: Context, { plan }: LoadedPlan, runId: string): void {
  const { service, from, to, colors } = plan;
  out.line(
    `${out.paint('bold', service)}: ${from} (${colors[from].release}) → ${to} (${colors[to].release}) started, run ${runId}`,
  );
}

function tellAdmission(
  { out }: Context,
  ids: Ids,
  answer: { admitted: boolean; findings: readonly Finding[] } | null,
  taskQueue: string,
): number {
  if (answer === null) {
    out.line(
      `${out.paint('warn', '…')} preflight has not answered within ${ADMISSION_MS / 1000} s; the switch is recorded and goes on`,
    );
    out.line(
      `  is a worker running? \`cutover worker\`${taskQueue === TASK_QUEUE ? '' : ` --task-queue ${taskQueue}`}, then \`cutover status ${ids.service}\``,
    );
    out.document({ ...ids, admitted: null, findings: [] });
    return EXIT.ok;
  }
  for (const line of findingLines(answer.findings, out.width, out.paint)) out.line(line);
  if (answer.admitted) {
    out.line(`${out.paint('good', '✔')} preflight passed; follow it: cutover status ${ids.service} --watch`);
    out.document({ ...ids, ...answer });
    return EXIT.ok;
  }
  const message = 'refused at preflight; nothing was changed';
  const hint = 'mend the findings, or accept a code with a reason under preflight.accept in the plan';
  out.line(`${out.paint('bad', '✖')} ${message}`);
  out.line(`  ${hint}`);
  out.document({ ...ids, ...answer, error: { message, hint, code: 'preflight', exitCode: EXIT.preflight } });
  return EXIT.preflight;
}

async function waitForEnd(
  { out, signal }: Context,
  ids: Ids,
  { handle, taskQueue }: { handle: SwitchHandle; taskQueue: string },
): Promise<number> {
  const { outcome, how } = await follow(handle, {
    everyMs: LOOK_MS,
    signal,
    onEvent: (event) => {
      out.line(eventLine(event, out.paint));
      if (event.type === 'findings') {
        for (const line of findingLines(event.findings, out.width - 2, out.paint)) out.line(`  ${line}`);
      }
    },
    onSilence: () =>
      out.note(`no worker answers on task queue ${taskQueue}; start one with \`cutover worker\``),
  }).catch((error: unknown) => {
    if (signal.aborted) out.note(`the switch goes on without us: cutover status ${ids.service}`);
    throw error;
  });
  const exitCode = outcomeExit(outcome);
  if (outcome === null) out.line(`${out.paint('bad', '✖')} the switch ended without an outcome: ${how}`);
  const message = outcome?.kind === 'rolled-back' ? `rolled back: ${outcome.reason}` : how;
  const code = outcome?.kind ?? 'ended';
  out.document({
    ...ids,
    outcome,
    how,
    ...(exitCode === EXIT.ok ? {} : { error: { message, hint: null, code, exitCode } }),
  });
  return exitCode;
}
