/**
 * Starts the demo's processes and ends them: JSON settings in, one JSON ready line out.
 *
 * Invariant: settings may hold secrets, so they go by the environment: any user of the machine can read a command line. A child lives on an open stdin pipe of ours, so that it ends when we do, however we end. Its other
 * output goes to a log file, never to our terminal.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** What the ready line said. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Settles when the process is gone, with its exit code or signal. */
  readonly exited: Promise<string>;
  close(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  /** Entry module; `.ts` is run through tsx, `.js` by plain node. */
  readonly module: URL;
  /** What the process reads from `CUTOVER_CHILD_SETTINGS`. */
  readonly settings: unknown;
  readonly logDir: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const CLOSE_MS = 12_000;
/** Characters of stderr that a failed start reports. */
const LAST_WORDS = 2_000;

export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, module } = options;
  mkdirSync(options.logDir, { recursive: true });
  const logFile = join(options.logDir, `${name}.log`);
  const log = createWriteStream(logFile, { flags: 'a' });
  const loader = module.href.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const child = spawn(process.execPath, [...loader, fileURLToPath(module)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_NO_WARNINGS: '1',
      CUTOVER_WATCH_STDIN: '1',
      CUTOVER_EDGE_WATCH_STDIN: '1',
      CUTOVER_CHILD_SETTINGS: JSON.stringify(options.settings),
      ...options.env,
    },
  });
  child.stderr.pipe(log, { end: false });
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
  });
  // Its last words may still be on their way when it has exited.
  child.once('close', () => log.end());
  child.stdin.on('error', () => {});
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? String(code)));
    child.once('error', (error) => resolve(error.message));
  });
  const ready = await readyLine(child, (line) => log.write(`${line}\n`), {
    what: `${name} (see ${logFile})`,
    timeoutMs: options.timeoutMs ?? 30_000,
    exited,
  }).catch(async (error: Error) => {
    child.kill('SIGKILL');
    // What it wrote last may come after its exit; the log's folder is often gone when somebody looks.
    await new Promise((resolve) => setTimeout(resolve, 100));
    throw new Error(`${error.message}\n${lastWords.trim()}`, { cause: error });
  });
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    exited,
    close: async () => {
      const force = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      child.stdin.end();
      child.kill('SIGTERM');
      await exited;
      clearTimeout(force);
    },
  };
}

function readyLine(
  child: ChildProcess,
  log: (line: string) => void,
  options: { what: string; timeoutMs: number; exited: Promise<string> },
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${options.what} was not ready after ${options.timeoutMs} ms`));
    }, options.timeoutMs);
    void options.exited.then((how) => {
      clearTimeout(timer);
      reject(new Error(`${options.what} ended (${how}) before it was ready`));
    });
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"ready":true')) {
        log(line);
        return;
      }
      clearTimeout(timer);
      resolve(JSON.parse(line) as Record<string, unknown>);
    });
  });
}
