/** `cutover doctor`: checks what cutover needs, and says what to do about what is missing. */
import { EXIT } from '../exit-codes.ts';
import { examine } from '../doctor/examine.ts';
import { checkLines } from '../render/checks.ts';
import { TEMPORAL_OPTIONS, text, type CommandSpec } from '../spec.ts';
import { TASK_QUEUE } from '../../client/names.ts';
import { loadPlan } from '../../plan/load.ts';
import { readOwnModule } from '../../providers/read-own.ts';

export const doctor: CommandSpec = {
  name: 'doctor',
  usage: '[cutover.yaml]',
  maxPositionals: 1,
  about:
    'Checks Node, the Temporal server, namespace, search attributes, workers, clocks, variables and the evidence folder. With a plan it also checks what that plan needs, asks each of its providers once (reached, let in, what the plan names is there, what it can do; nothing is changed), and says what its gates could see and what its probes cost. Exit 1 when something is wrong. Variables are named, never shown.',
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
      (check) => {
        for (const line of checkLines(check, context.out)) context.out.line(line);
      },
    );
    const ok = checks.every((check) => check.state !== 'wrong');
    context.out.document({ ok, checks });
    return ok ? EXIT.ok : EXIT.checkFailed;
  },
};
