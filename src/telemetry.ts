/** What a worker process tells about itself: the SDK's runtime, with its log as JSON lines. */
import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import { redact } from './domain/redact.ts';

/**
 * The SDK's runtime is one for a process and must be set up before anything else of it is used. Ours are the only signal
 * handlers: the SDK's would end the process in their own way.
 */
export function installRuntime(level: LogLevel): void {
  if (installed) return;
  installed = true;
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger(level, writeJsonLine) });
}

let installed = false;

/** One JSON line a record on stderr: stdout belongs to the command. */
function writeJsonLine({
  level,
  message,
  meta,
  timestampNanos,
}: Parameters<NonNullable<ConstructorParameters<typeof DefaultLogger>[1]>>[0]): void {
  const ts = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  process.stderr.write(`${redact(JSON.stringify({ ts, level, message, ...meta }))}\n`);
}
