/** Starts a server of the self-hosted stack and waits until it can be asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded, type GuardedChild } from '../../../src/dev-server/guarded-child.ts';

const LOOK_MS = 50;
const READY_MS = 30_000;

export interface ServerSpec {
  readonly name: string;
  /** Program and words. */
  readonly command: readonly string[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Time it gets to end by itself, ms. */
  readonly graceMs: number;
  readonly isReady: () => Promise<boolean>;
}

export interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

/** @throws Error that names its log when it ends, or is not ready in time. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  const { name, logFile, graceMs } = spec;
  const [file = '', ...words] = spec.command;
  const child = await spawnGuarded(file, words, { env: { ...process.env, ...spec.env }, logFile });
  const stop = (): Promise<void> => child.stop(graceMs);
  try {
    await untilReady(child, spec);
  } catch (cause) {
    await stop();
    throw new Error(`${name}: ${(cause as Error).message}; see ${logFile}`, { cause });
  }
  return { pid: child.pid, stop };
}

async function untilReady(child: GuardedChild, { isReady }: ServerSpec): Promise<void> {
  const untilMs = Date.now() + READY_MS;
  while (!(await isReady())) {
    if (!child.isRunning()) throw new Error(`it ended (${await child.ended}) before it was ready`);
    if (Date.now() > untilMs) throw new Error(`it was not ready after ${READY_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}
