/**
 * ministack (PyPI, pinned): AWS services on loopback, installed on first use into a folder of ours.
 * Invariant: it keeps everything in memory, and ends with the process that started it, however that ends.
 */
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from '../../src/dev-server/guarded-child.ts';
import { freePort } from '../probes/servers.ts';
import { pipInstalled } from './pip.ts';

const VERSION = '1.5.33';
const READY_MS = 60_000;

/** @returns its endpoint. Throws where it cannot be had. */
export async function startMinistack(services: string): Promise<string> {
  const packages = await pipInstalled('ministack', VERSION);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = await spawnGuarded('python3', ['-m', 'ministack'], {
    env: {
      PATH: process.env['PATH'],
      HOME: tmpdir(),
      PYTHONPATH: packages,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      SERVICES: services,
      LOG_LEVEL: 'ERROR',
    },
  });
  const untilMs = Date.now() + READY_MS;
  for (;;) {
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) return endpoint;
    if (!child.isRunning() || Date.now() > untilMs) {
      await child.stop(0);
      throw new Error(`ministack does not answer: ${child.tail()}`);
    }
    await sleep(100);
  }
}
