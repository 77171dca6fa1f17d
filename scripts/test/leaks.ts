/**
 * What a test file left running: processes, listening ports, worker threads. Processes are looked for in /proc; where there is
 * none, only those that keep this process alive are seen.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Variable that names the test file in whose time a process was started. */
export const FILE_MARK = 'CUTOVER_TEST_FILE';

const HANDLES: Readonly<Record<string, string>> = {
  ProcessWrap: 'a process',
  TCPServerWrap: 'a listening port',
  PipeServerWrap: 'a listening pipe',
  UDPWrap: 'a UDP port',
  MessagePort: 'a worker thread',
};

export type Handles = ReadonlyMap<string, number>;

/** How many of each kind keep this process alive. */
export function openHandles(): Handles {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo())
    if (name in HANDLES) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** In words; waits until nothing is left, at most `graceMs`. */
export async function leftRunning(of: {
  readonly file: string;
  readonly before: Handles;
  readonly graceMs: number;
}): Promise<readonly string[]> {
  const untilMs = Date.now() + of.graceMs;
  for (;;) {
    const handles = [...openHandles()].flatMap(([name, count]) => {
      const more = count - (of.before.get(name) ?? 0);
      return more > 0 ? [`${more} × ${HANDLES[name]}`] : [];
    });
    const left = [
      ...handles,
      ...processesOf(of.file).map(({ pid, command }) => `process ${pid}: ${command}`),
    ];
    if (left.length === 0 || Date.now() > untilMs) return left;
    await sleep(50);
  }
}

/** Processes other than this one that were started in the time of a file. */
export function processesOf(file: string): readonly { pid: number; command: string }[] {
  const mark = `\0${FILE_MARK}=${file}\0`;
  return pids().flatMap((pid) => {
    if (pid === process.pid || !read(pid, 'environ').includes(mark)) return [];
    const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
    // The compiler of tsx, one for a process and ended with it.
    const isCompiler = command.includes('esbuild') && command.includes('--service=');
    return isCompiler || command === '' ? [] : [{ pid, command: command.slice(0, 160) }];
  });
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Starts with `\0`, so that each entry stands between two; empty when the process has gone or is not ours. */
function read(pid: number, what: 'environ' | 'cmdline'): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/${what}`, 'utf8')}`;
  } catch {
    return '';
  }
}
