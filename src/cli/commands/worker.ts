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
    deployment: {
      type: 'string',
      value: '<name>',
      help: 'the fleet whose builds are upgraded under running switches (default: CUTOVER_DEPLOYMENT, else unversioned)',
    },
    'build-id': {
      type: 'string',
      value: '<id>',
      help: "this build (default: CUTOVER_BUILD_ID, else the package's version)",
    },
    ...TEMPORAL_OPTIONS,
  },
  examples: ['cutover worker', 'cutover worker --deployment cutover --build-id 0.2.0'],
  ownsSignals: true,
  run: async (context) => {
    const over = await checkedAddress(context);
    const taskQueue = text(context, 'task-queue') ?? TASK_QUEUE;
    const { namedBuild, runWorker } = await import('../../worker.ts');
    const build = namedBuild(
      text(context, 'deployment') ?? context.env['CUTOVER_DEPLOYMENT'],
      text(context, 'build-id') ?? context.env['CUTOVER_BUILD_ID'],
      '--deployment',
    );
    await runWorker({
      ...over,
      env: context.env,
      taskQueue,
      ...(build === null ? {} : { build }),
      onReady: () => {
        context.out.line(`worker ready on task queue ${taskQueue}; Ctrl-C stops it`);
        if (context.out.json) context.out.record({ ready: true, taskQueue });
      },
    });
    return EXIT.ok;
  },
};
