/**
 * What every process of the demo does: read its settings, print one JSON ready line, die with its parent.
 *
 * Invariant: a process started with `CUTOVER_WATCH_STDIN=1` ends when its stdin ends, so that a killed parent
 * leaves nothing behind; started by hand from a shell it runs until a signal.
 */

/** The settings of a process: JSON in `CUTOVER_CHILD_SETTINGS`, or by hand `--a 1` flags (values are JSON where they parse). */
function readSettings(env: NodeJS.ProcessEnv, argv: readonly string[]): Record<string, unknown> {
  const given = env['CUTOVER_CHILD_SETTINGS'];
  // Not for the processes that this one starts.
  delete env['CUTOVER_CHILD_SETTINGS'];
  const settings = given === undefined ? {} : (JSON.parse(given) as Record<string, unknown>);
  for (let i = 0; i < argv.length; i += 2) {
    const word = argv[i] ?? '';
    if (!word.startsWith('--')) throw new Error(`unexpected argument "${word}": give --name value pairs`);
    settings[word.slice(2)] = parsed(argv[i + 1] ?? 'true');
  }
  return settings;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * Runs a process of the demo: `start` returns the facts for the ready line and a `close`.
 * Exit code 0 after an ordered close, 1 when start fails.
 */
export async function runProcess(
  start: (settings: Record<string, unknown>) => Promise<{ ready: object; close: () => Promise<void> }>,
): Promise<void> {
  let close = async (): Promise<void> => {};
  let closing = false;
  const shutdown = (): void => {
    if (closing) return;
    closing = true;
    // A close that hangs must not leave an orphan.
    setTimeout(() => process.exit(1), 10_000).unref();
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', shutdown);
  process.on('SIGINT', shutdown);
  if (process.env['CUTOVER_WATCH_STDIN'] === '1') {
    process.stdin.resume();
    process.stdin.on('end', shutdown);
    process.stdin.on('error', shutdown);
  }
  try {
    const started = await start(readSettings(process.env, process.argv.slice(2)));
    close = started.close;
    process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, ...started.ready })}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  }
}
