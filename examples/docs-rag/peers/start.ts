/** Starts a server of the self-hosted stack and waits until it can be asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { portIsOpen } from '../../../src/dev-server/free-port.ts';
import { spawnGuarded, type GuardedChild } from '../../../src/dev-server/guarded-child.ts';

const LOOK_MS = 50;
const READY_MS = 30_000;

export interface ServerSpec {
  readonly name: string;
  /** Program and words. */
  readonly command: readonly string[];
  /** Those that it opens on 127.0.0.1. */
  readonly ports: readonly number[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Time it gets to end by itself, ms. */
  readonly graceMs: number;
  /** @default all its ports are open */
  readonly isReady?: () => Promise<boolean>;
}

export interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

/** @throws Error that names its log when it ends, is not ready in time, or a port of it is another's. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  const { name, logFile, graceMs, ports } = spec;
  let child: GuardedChild | undefined;
  try {
    // Asked first: else a stranger that answers there would be taken for it.
    const taken = (await openOf(ports))[0];
    if (taken !== undefined) throw new Error(`port ${taken} is in use by another process`);
    const [file = '', ...words] = spec.command;
    child = await spawnGuarded(file, words, { env: { ...process.env, ...spec.env }, logFile });
    await untilReady(child, spec);
  } catch (cause) {
    await child?.stop(graceMs);
    throw new Error(`${name}: ${(cause as Error).message}; see ${logFile}`, { cause });
  }
  const { pid } = child;
  const stop = child.stop.bind(child, graceMs);
  return { pid, stop };
}

async function untilReady(child: GuardedChild, { ports, isReady }: ServerSpec): Promise<void> {
  const look = isReady ?? (async () => (await openOf(ports)).length === ports.length);
  const untilMs = Date.now() + READY_MS;
  for (;;) {
    const isThere = await look();
    // Also when it is there: whoever answers then is a stranger who was faster.
    if (!child.isRunning()) throw new Error(`it ended (${await child.ended})`);
    if (isThere) return;
    if (Date.now() > untilMs) throw new Error(`it was not ready after ${READY_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}

async function openOf(ports: readonly number[]): Promise<readonly number[]> {
  const open = await Promise.all(ports.map(portIsOpen));
  return ports.filter((_, index) => open[index] === true);
}
