/** `cutover worker`: the process that does the work of switches, until it is told to stop. */
import { TASK_QUEUE } from '../../client/names.ts';
import { EXIT } from '../exit-codes.ts';
import { TEMPORAL_OPTIONS, text, type CommandSpec } from '../spec.ts';
import { checkedAddress } from '../temporal.ts';

export const worker: CommandSpec = {
  name: 'worker',
  usage: '',
  maxPositionals: 0,
  about:
    'Runs a worker until SIGINT or SIGTERM. Run several: any of them can die at any instant and switches go on. Providers read their credentials from its environment.',
  options: {
    'task-queue': { type: 'string', value: '<name>', help: `default ${TASK_QUEUE}` },
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover worker', 'cutover worker --task-queue cutover-eu'],
  ownsSignals: true,
  run: async (context) => {
    const over = await checkedAddress(context);
    const taskQueue = text(context, 'task-queue') ?? TASK_QUEUE;
    const { runWorker } = await import('../../worker/index.ts');
    await runWorker({
      ...over,
      taskQueue,
      onReady: () => {
        context.out.line(`worker ready on task queue ${taskQueue}; Ctrl-C stops it`);
        if (context.out.json) context.out.record({ ready: true, taskQueue });
      },
    });
    return EXIT.ok;
  },
};
