/**
 * Real Redis servers for tests: Debian's `redis-server`, or the one that CUTOVER_TEST_REDIS names.
 * Invariant: each listens on loopback only, keeps everything in memory, and ends with the process that started it.
 */
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, ErrorReply } from '@redis/client';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { findProgram, REDIS } from '../../examples/docs-rag/peers/programs.ts';
import { freePort } from '../probes/servers.ts';
import { PIP_ROOT } from './pip.ts';

const READY_MS = 10_000;

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** One command, without our code in between. */
  readonly run: (...words: string[]) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** @returns the program. Throws where there is none. */
export function findRedis(): Promise<string> {
  return findProgram(REDIS, { named: process.env['CUTOVER_TEST_REDIS'], root: PIP_ROOT });
}

/** @param settings lines of redis.conf as arguments, e.g. `--requirepass`, `secret` */
export async function startRedis(settings: readonly string[] = [], password?: string): Promise<RedisServer> {
  const port = await freePort();
  const inMemory = ['--save', '', '--appendonly', 'no', '--dir', tmpdir(), '--repl-diskless-load', 'swapdb'];
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--repl-diskless-sync-delay',
    '0',
    ...inMemory,
  ];
  const locked = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
  const child = await spawnGuarded(await findRedis(), [...args, ...locked, ...settings], {
    env: { ...process.env },
  });
  const url = `redis://127.0.0.1:${port}`;
  const run = runner(port, password);
  const stop = (): Promise<void> => child.stop(2000);
  try {
    await until(async () => {
      if (!child.isRunning()) throw new Error(`redis-server ended: ${child.tail()}`);
      // A replica without its primary answers too, with a refusal.
      return run('PING').then(
        () => true,
        (error: unknown) => error instanceof ErrorReply,
      );
    }, READY_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, url, run, stop };
}

/** A replica that its primary counts: it says its first word within a second of its start. */
export async function startReplica(of: { readonly port: number }, password?: string): Promise<RedisServer> {
  const replica = await startRedis(['--replicaof', `127.0.0.1 ${of.port}`], password);
  const primary = runner(of.port, password);
  await until(async () => Number(await primary('WAIT', '1', '100')) > 0);
  return replica;
}

/** Sends one command of the vendor's own. */
function runner(port: number, password: string | undefined): RedisServer['run'] {
  return async (...words) => {
    const client = createClient({
      url: `redis://127.0.0.1:${port}`,
      RESP: 2,
      socket: { reconnectStrategy: false },
      ...(password === undefined ? {} : { password }),
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  };
}

/** Looks every 20 ms. */
export async function until(isSo: () => Promise<boolean>, withinMs = READY_MS): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`not so within ${withinMs} ms`);
    await sleep(20);
  }
}
