/** Workers that move jobs on JetStream and are killed in the middle, through a slow line. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { MoverOrder } from '../support/queue-mover-child.ts';
import { startNats, type NatsServer } from '../support/nats-server.ts';
import { until } from '../support/redis-server.ts';
import { natsPairOf } from './nats-env.ts';

const CHILD = fileURLToPath(new URL('../support/queue-mover-child.ts', import.meta.url));
const JOBS = Number(process.env['CUTOVER_TEST_JOBS'] ?? 4000);
const KILLS = 10;
const LATENCY_MS = 10;
/** Each kill costs what was in hand a delivery. */
const MOST = 2 * KILLS;

let server: NatsServer;
before(async () => {
  server = await startNats();
});
after(() => server.stop());

void it(`${JOBS} jobs moved through ${LATENCY_MS} ms of latency by workers that are killed ${KILLS} times: none is lost, none is there twice`, async (t) => {
  const { port, proxy, ref, send, receive } = await natsPairOf(t, server, 2000, MOST);
  proxy.delay(LATENCY_MS);
  await send(
    'blue',
    Array.from({ length: JOBS }, (_, i) => ({ body: `${i}`, key: `key-${i}` })),
  );
  const order: MoverOrder = { ref, env: {} };
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
  // What the last one had in hand comes again when its time is over.
  await until(
    async () => {
      await port.move('blue', 'green', { idempotencyKey: 'run/move', maxMessages: JOBS });
      const { ready, inFlight } = await port.depth('blue');
      return ready + inFlight === 0;
    },
    60_000 + 2 * JOBS,
  );
  const seconds = (performance.now() - startedMs) / 1000;
  t.diagnostic(
    `${before} jobs moved by those that were killed, ${Math.round((JOBS - before) / seconds)} jobs a second by the last`,
  );
  assert.equal((await port.depth('blue')).dead, 0);
  const got: string[] = [];
  for (let more = await receive('green'); more.length > 0; more = await receive('green'))
    got.push(...more.map(({ body }) => body));
  assert.deepEqual(
    got.map(Number).toSorted((a, b) => a - b),
    Array.from({ length: JOBS }, (_, i) => i),
  );
});
