/** A worker as a process of its own: prints one JSON line when it polls, ends when its stdin does if so asked. */
import { runWorker } from './worker.ts';

if (process.env['CUTOVER_WATCH_STDIN'] === '1') {
  process.stdin.resume();
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
}
await runWorker({
  onReady: () => process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`),
});
process.exit(0);
