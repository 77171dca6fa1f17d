/** `cutover doctor`: checks what cutover needs, and says what to do about what is missing. */
import { EXIT } from '../exit-codes.ts';
import type { Check } from '../doctor/check.ts';
import { examine } from '../doctor/examine.ts';
import { pad, wrap } from '../render/text.ts';
import { TEMPORAL_OPTIONS, text, type CommandSpec, type Context } from '../spec.ts';
import { TASK_QUEUE } from '../../client/names.ts';
import { loadPlan } from '../../plan/load.ts';
import { readOwnModule } from '../../providers/read-own.ts';

export const doctor: CommandSpec = {
  name: 'doctor',
  usage: '[cutover.yaml]',
  maxPositionals: 1,
  about:
    'Checks Node, the Temporal server, namespace, search attributes, workers, clocks, variables and the evidence folder. With a plan it also checks what that plan needs, and says what its gates could see and what its probes cost. Exit 1 when something is wrong. Variables are named, never shown.',
  options: {
    'task-queue': {
      type: 'string',
      value: '<name>',
      help: `whose workers to look for (default ${TASK_QUEUE})`,
    },
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover doctor', 'cutover doctor cutover.yaml --json'],
  run: async (context) => {
    const file = context.positionals[0];
    const loaded = file === undefined ? null : await loadPlan(file, { readModule: readOwnModule });
    const checks = await examine(
      {
        address: text(context, 'address'),
        namespace: text(context, 'namespace'),
        taskQueue: text(context, 'task-queue') ?? TASK_QUEUE,
        env: context.env,
        signal: context.signal,
        plan: loaded?.plan ?? null,
        modules: loaded?.modules ?? new Map(),
      },
      (check) => print(context, check),
    );
    const ok = checks.every((check) => check.state !== 'wrong');
    context.out.document({ ok, checks });
    return ok ? EXIT.ok : EXIT.checkFailed;
  },
};

/** As wide as the longest variable that a provider reads. */
const NAME_WIDTH = 22;

function print({ out }: Context, { name, state, detail, todo }: Check): void {
  const mark = { ok: out.paint('good', '✔'), wrong: out.paint('bad', '✖'), unknown: out.paint('dim', '–') }[
    state
  ];
  const indent = ' '.repeat(NAME_WIDTH + 3);
  const lines = wrap(detail, out.width - NAME_WIDTH - 4).map((line) => indent + line);
  if (name.length > NAME_WIDTH) out.line(`${mark} ${name}`);
  else out.line(`${mark} ${pad(name, NAME_WIDTH)} ${lines.shift()?.trimStart() ?? ''}`);
  for (const line of lines) out.line(line);
  if (todo === null) return;
  for (const line of wrap(todo, out.width - NAME_WIDTH - 4)) out.line(`${indent}${out.paint('warn', line)}`);
}
