/**
 * Workers that move jobs and are killed in the middle, ten times, through a slow line.
 * CUTOVER_TEST_JOBS says how many jobs; the long form is 100,000.
 */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Job, QueueEnv } from '../../src/conformance/queue.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { MoverOrder } from './queue-mover-child.ts';
import { until } from './redis-server.ts';
import type { TcpProxy } from './tcp-proxy.ts';

const CHILD = fileURLToPath(new URL('queue-mover-child.ts', import.meta.url));
const KILLED_JOBS = Number(process.env['CUTOVER_TEST_JOBS'] ?? 4000);
export const KILLS = 10;
const LATENCY_MS = 10;
/** Sent at once by the producer. */
const CHUNK = 5000;

export const KILLED_TITLE = `${KILLED_JOBS} jobs moved through ${LATENCY_MS} ms of latency by workers that are killed ${KILLS} times`;

/** @returns jobs that were in the target more than once, each under its key. Throws where one is lost, or has another key. */
export async function killMovers(
  t: TestContext,
  env: Pick<QueueEnv, 'port' | 'send' | 'receive'> & {
    readonly proxy: Pick<TcpProxy, 'delay'>;
    readonly ref: ProviderRef;
  },
  variables: MoverOrder['env'] = {},
): Promise<number> {
  const { port, proxy, ref, send } = env;
  proxy.delay(LATENCY_MS);
  for (let at = 0; at < KILLED_JOBS; at += CHUNK) {
    const count = Math.min(CHUNK, KILLED_JOBS - at);
    await send(
      'blue',
      Array.from({ length: count }, (_, i) => ({ body: `${at + i}`, key: `key-${at + i}` })),
    );
  }
  const order: MoverOrder = { ref, env: variables };
  const start = (): ChildProcess => {
    const child = fork(CHILD, { execArgv: ['--import', 'tsx'] });
    child.send(order);
    return child;
  };
  for (let kills = 0; kills < KILLS; kills += 1) {
    const child = start();
    const ended = once(child, 'exit');
    await Promise.race([once(child, 'message'), ended.then(() => assert.fail('it ended by itself'))]);
    // Somewhere in the next call.
    await sleep(Math.random() * 100);
    child.kill('SIGKILL');
    await ended;
  }
  const startedMs = performance.now();
  const before = (await port.depth('green')).ready;
  let moved = 0;
  // What the last one had in hand comes again when its time is over.
  await until(
    async () => {
      const call = await port.move('blue', 'green', { idempotencyKey: 'run/move', maxMessages: 5000 });
      moved += call.moved;
      if (call.moved > 0) return false;
      const { ready, inFlight } = await port.depth('blue');
      return ready + inFlight === 0;
    },
    120_000 + 5 * KILLED_JOBS,
  );
  const seconds = (performance.now() - startedMs) / 1000;
  t.diagnostic(
    `${before} jobs moved by those that were killed, ${Math.round(moved / seconds)} jobs a second by the last`,
  );
  assert.equal((await port.depth('blue')).dead, 0);
  const got: Job[] = [];
  for (let more = await env.receive('green'); more.length > 0; more = await env.receive('green'))
    got.push(...more);
  for (const { body, key } of got) assert.equal(key, `key-${body}`);
  // As workers do that keep a record of keys.
  const done = new Set(got.map(({ key }) => key));
  assert.equal(done.size, KILLED_JOBS);
  t.diagnostic(`${got.length - done.size} repeats`);
  return got.length - done.size;
}
