/**
 * The local edge as a process of its own, with `LocalEdgeOptions` as JSON in `CUTOVER_CHILD_SETTINGS`: they hold secrets, which
 * any user of the machine could read in a command line.
 * Prints one JSON line when ready, stops on SIGTERM, SIGINT or when its stdin closes with the parent.
 */
import { startLocalEdge, type LocalEdgeOptions } from './local-edge.ts';

const settings = process.env['CUTOVER_CHILD_SETTINGS'];
if (settings === undefined) {
  console.error('set CUTOVER_CHILD_SETTINGS to the options of the local edge as JSON');
  process.exit(2);
}
// Not for the processes that this one starts.
delete process.env['CUTOVER_CHILD_SETTINGS'];
const edge = await startLocalEdge(JSON.parse(settings) as LocalEdgeOptions);
const { entries, adminUrl, explorerUrl, kvNamespaceId } = edge;
console.log(JSON.stringify({ ready: true, pid: process.pid, entries, adminUrl, explorerUrl, kvNamespaceId }));

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  void edge.close().finally(() => process.exit(0));
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // miniflare's own exit hook would kill workerd, and the log lines it still holds, before `close` has shipped them.
  process.removeAllListeners(signal);
  process.once(signal, stop);
}
// An orphaned edge would hold its ports for ever: a parent that dies closes this pipe.
if (process.env['CUTOVER_EDGE_WATCH_STDIN'] === '1') {
  process.stdin.resume();
  process.stdin.once('end', stop);
}
