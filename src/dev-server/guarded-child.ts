/**
 * A child process that never outlives its parent, not even a `kill -9` of the parent.
 * A tiny `sh` reads a pipe whose only writer is this process: when this process is gone, however it went, the read ends
 * and the shell kills the child. (On Windows there is no `sh`; there only a normal exit of the parent takes the child along.)
 * Invariant: both run in sessions of their own, so a Ctrl-C in the terminal reaches the parent alone, which then decides
 * the order of shutdown.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How much of the child's last output is kept for error messages, in characters. */
const TAIL_CHARS = 8_192;

export interface GuardedChild {
  readonly pid: number;
  /** Settles when the process has ended: how, in words. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** The last output, if it did not go to a file. */
  tail(): string;
  /** Sends a signal; settles at once for SIGSTOP and SIGCONT, else when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs`; settles when the process is gone. */
  stop(graceMs: number): Promise<void>;
}

/** Starts `file` with `args`. Output goes to `logFile` (appended) or is kept as a tail. */
export async function spawnGuarded(
  file: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly logFile?: string },
): Promise<GuardedChild> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a', 0o600);
  const child = spawn(file, args, {
    env: options.env,
    stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
    detached: true,
    windowsHide: true,
  });
  if (log !== undefined) closeSync(log);
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-TAIL_CHARS);
    });
    if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  const pid = await started(child);
  const watchdog = spawnWatchdog(pid);
  const atExit = (): void => void child.kill('SIGKILL');
  process.on('exit', atExit);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('exit', atExit);
      // Before its pipe closes: afterwards it would signal a pid that may belong to somebody else by then.
      watchdog?.kill('SIGKILL');
      resolve(signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`);
    });
  });
  // A server that nobody closed must not keep the program running; `exit` above takes it down.
  child.unref();
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    ended,
    isRunning,
    tail: () => tail.trim(),
    async kill(signal) {
      if (!isRunning()) return;
      child.ref();
      child.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
      child.unref();
    },
    async stop(graceMs) {
      if (!isRunning()) return;
      child.ref();
      child.kill('SIGTERM');
      const grace = new AbortController();
      await Promise.race([
        ended,
        sleep(graceMs, undefined, { signal: grace.signal }).then(
          () => child.kill('SIGKILL'),
          () => undefined,
        ),
      ]);
      grace.abort();
      await ended;
    },
  };
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('the process has no id'));
      else resolve(child.pid);
    });
  });
}

/**
 * A shell that kills `pid` when this process has gone, however it went; end it once that process has ended by itself.
 * Undefined where there is no shell.
 */
export function spawnWatchdog(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn(
    '/bin/sh',
    ['-c', 'read -r _; kill -KILL "$1" 2>/dev/null', 'cutover-watchdog', String(pid)],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: {},
    },
  );
  // Without a shell we lose the guard against kill -9, nothing else.
  watchdog.on('error', () => undefined);
  watchdog.stdin?.on('error', () => undefined);
  watchdog.unref();
  const { stdin } = watchdog;
  if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return watchdog;
}
