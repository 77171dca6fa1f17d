/**
 * A real NATS server with JetStream: the machine's, else from PyPI, or the one that CUTOVER_TEST_NATS names.
 * Invariant: it listens on loopback only, keeps its streams in memory, and ends with the process that started it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { findProgram, NATS } from '../../examples/docs-rag/peers/programs.ts';
import { freePort } from '../probes/servers.ts';
import { PIP_ROOT } from './pip.ts';
import { until } from './redis-server.ts';

export interface NatsServer {
  readonly port: number;
  /** As producers, workers and operators use it, without our code in between; closed after each use. */
  readonly use: <T>(act: (js: JetStreamClient, manager: JetStreamManager) => Promise<T>) => Promise<T>;
  readonly stop: () => Promise<void>;
}

/** @returns the program. Throws where it cannot be had. */
export function findNats(): Promise<string> {
  return findProgram(NATS, { named: process.env['CUTOVER_TEST_NATS'], root: PIP_ROOT });
}

export async function startNats(
  words: readonly string[] = [],
  as: Readonly<Record<string, string>> = {},
): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-nats-'));
  const port = await freePort();
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder, ...words];
  const child = await spawnGuarded(await findNats(), args, { env: { ...process.env } });
  const use: NatsServer['use'] = async (act) => {
    const connection = await connect({ servers: `127.0.0.1:${port}`, reconnect: false, ...as });
    try {
      return await act(jetstream(connection), await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  };
  const stop = async (): Promise<void> => {
    await child.stop(0);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => {
      if (!child.isRunning()) throw new Error(`nats-server ended: ${child.tail()}`);
      return use(async () => true).catch(() => false);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, use, stop };
}
