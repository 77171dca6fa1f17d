/** A worker on a machine of its own: with a folder, a home and a temporary folder that no other has. */
import { runWorker } from '../../src/worker.ts';

const { cwd, bundle, taskQueue } = JSON.parse(process.env['CUTOVER_CHILD_SETTINGS'] ?? '{}') as Record<
  string,
  string
>;
process.chdir(cwd ?? '');
process.stdin.resume();
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
await runWorker({
  taskQueue: taskQueue ?? '',
  workflow: { workflowBundle: { codePath: bundle ?? '' } },
  onReady: () => process.stdout.write(`${JSON.stringify({ ready: true })}\n`),
});
process.exit(0);
