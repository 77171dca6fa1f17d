/**
 * Where a rehearsal or a demo keeps its files: a folder of `.cutover` that no other run uses now, or one in the system's temp
 * folder when nothing can be written here.
 * Invariant: two runs that live at the same time never share a folder, and a dead one's is used again.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isAlive } from './file-lock.ts';

const WRITTEN_WITHIN_MS = 5000;

export interface WorkFolder {
  /** Absolute; exists. */
  readonly path: string;
  /** Lets the next run have it. Also done when the process exits. */
  release(): Promise<void>;
}

export interface WorkFolderOptions {
  /** Default: the current folder. */
  readonly cwd?: string;
  /** Hears one line when the folder is not the usual one. */
  readonly tell?: (line: string) => void;
}

/** `.cutover/<name>`, or `<name>-2`, `<name>-3`… while others run. */
export async function claimWorkFolder(name: string, options: WorkFolderOptions = {}): Promise<WorkFolder> {
  const { cwd = process.cwd(), tell = () => undefined } = options;
  const base = await writableBase(resolve(cwd, '.cutover'), tell);
  for (let number = 1; ; number += 1) {
    const slot = number === 1 ? name : `${name}-${number}`;
    const lock = join(base, `${slot}.lock`);
    const owner = await take(lock);
    if (owner !== null) {
      if (number === 1) tell(`another ${name} runs in this folder (${owner})`);
      continue;
    }
    const path = join(base, slot);
    if (number > 1) tell(`this one is kept in ${path}`);
    await mkdir(path, { recursive: true });
    const onExit = (): void => rmSync(lock, { force: true });
    process.once('exit', onExit);
    return {
      path,
      release: async () => {
        process.off('exit', onExit);
        await rm(lock, { force: true });
      },
    };
  }
}

async function writableBase(wanted: string, tell: (line: string) => void): Promise<string> {
  try {
    await mkdir(wanted, { recursive: true });
    const trial = join(wanted, `.trial-${randomUUID()}`);
    await writeFile(trial, '');
    await rm(trial);
    return wanted;
  } catch (cause) {
    const base = await mkdtemp(join(tmpdir(), 'cutover-'));
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    tell(`${wanted} cannot be written (${code}): this run is kept in ${base}`);
    return base;
  }
}

/** Null when the lock is ours now, else who holds it. */
async function take(lock: string): Promise<string | null> {
  const mine = `${process.pid} ${hostname()} ${randomUUID()}`;
  for (;;) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(mine).finally(() => file.close());
      return null;
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    }
    const held = await readFile(lock, 'utf8').catch(() => null);
    if (held === null) continue;
    const [pid = '', host = ''] = held.split(' ');
    // A pid means something only on its own machine.
    const lives = held === '' ? await isYoung(lock) : host !== hostname() || isAlive(Number(pid));
    if (lives) return held === '' ? 'just started' : `pid ${pid}`;
    if (!(await removeStale(lock, held))) return 'just started';
  }
}

/** An empty lock is one that is being written, or was when its owner died. */
async function isYoung(lock: string): Promise<boolean> {
  const found = await stat(lock).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs < WRITTEN_WITHIN_MS;
}

/**
 * One at a time: between a look and the removal another run may have taken the dead one's place, and its lock must stay.
 * Whoever finds somebody else at it looks for another folder.
 */
async function removeStale(lock: string, held: string): Promise<boolean> {
  const turn = `${lock}.turn`;
  try {
    await writeFile(turn, '', { flag: 'wx' });
  } catch {
    return false;
  }
  try {
    if ((await readFile(lock, 'utf8').catch(() => null)) === held) await rm(lock, { force: true });
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}
