/**
 * A lock between processes: one file, created exclusively, kept fresh while its owner lives.
 * Invariant: a dead owner never blocks anyone for longer than `staleMs`. Two owners are possible for an instant when two
 * waiters judge the same lock stale at once; so guarded work must itself be safe then (ours ends in an atomic rename).
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockOptions {
  /** A lock untouched for this long belongs to nobody. Milliseconds, default 15,000. */
  readonly staleMs?: number;
  /** Give up waiting after this long. Milliseconds, default 600,000. */
  readonly timeoutMs?: number;
  /** Called once if somebody else holds the lock. */
  readonly onWait?: () => void;
}

/** Runs `work` while holding the lock file `path`. */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { staleMs = 15_000, timeoutMs = 600_000, onWait } = options;
  const owner = `${process.pid} ${hostname()} ${randomUUID()}`;
  const deadline = Date.now() + timeoutMs;
  for (let told = false; !(await tryCreate(path, owner));) {
    if (await isStale(path, staleMs)) {
      await rm(path, { force: true });
      continue;
    }
    if (!told) onWait?.();
    told = true;
    if (Date.now() > deadline)
      throw new Error(`${path} is held by another process for ${timeoutMs / 1000} s`);
    await sleep(100);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // Someone who took our lock for stale has removed it; the work goes on safely without it.
    utimes(path, now, now).catch(() => undefined);
  }, staleMs / 5);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readFile(path, 'utf8').catch(() => '')) === owner) await rm(path, { force: true });
  }
}

async function tryCreate(path: string, owner: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(owner).finally(() => file.close());
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string, staleMs: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > staleMs) return true;
    const [pid, host] = (await readFile(path, 'utf8')).split(' ');
    // A pid means something only on its own machine: a cache folder may be shared.
    return host === hostname() && pid !== undefined && !isAlive(Number(pid));
  } catch {
    return false; // gone meanwhile: try to take it
  }
}

/** Whether a process with this id exists on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
