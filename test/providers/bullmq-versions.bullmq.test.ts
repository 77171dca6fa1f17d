/** Queues that other majors of the library write: counted rightly whatever they are, moved only where their keys are known. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, it, type TestContext } from 'node:test';
import type { Queue, Worker } from 'bullmq';
import { npmInstalled } from '../support/npm.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { openQueue } from './bullmq-env.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 1000 };

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

let services = 0;

/** Both queues as a service of that version leaves them. */
async function service(t: TestContext, version: string) {
  const folder = await npmInstalled('bullmq', version);
  const library = createRequire(join(folder, 'service.js'))('bullmq') as {
    readonly Queue: typeof Queue;
    readonly Worker: typeof Worker;
  };
  const name = `jobs${(services += 1)}`;
  const connection = { host: '127.0.0.1', port: server.port };
  const open = async (color: string): Promise<{ queue: Queue; worker: Worker }> => {
    const queue = new library.Queue(`${name}-${color}`, { connection });
    const options = { connection, autorun: false, skipStalledCheck: true, lockDuration: 600_000 };
    const worker = new library.Worker(`${name}-${color}`, null, options);
    queue.on('error', () => undefined);
    worker.on('error', () => undefined);
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    t.after(() => Promise.all([queue.close(), worker.close()]));
    return { queue, worker };
  };
  const port = openQueue(server, name);
  t.after(() => port.close?.());
  return { port, blue: await open('blue'), green: await open('green') };
}

for (const version of ['1.91.1', '3.16.2', '5.81.5']) {
  void it(`bullmq ${version}: counts`, async (t) => {
    const { port, blue } = await service(t, version);
    for (const n of [0, 1, 2, 3]) await blue.queue.add('job', { n });
    await blue.queue.add('job', {}, { priority: 2 });
    await blue.queue.add('job', {}, { delay: 600_000 });
    const job = await blue.worker.getNextJob('token');
    await job?.moveToFailed(new Error('dead'), 'token', false);
    await blue.worker.getNextJob('token');
    const { oldestAgeMs, ...counts } = await port.depth('blue');
    assert.deepEqual(counts, { ready: 3, inFlight: 1, delayed: 1, dead: 1 });
    assert.ok((oldestAgeMs ?? -1) >= 0);
    await blue.queue.pause();
    assert.equal((await port.depth('blue')).ready, 3);
    if (version.startsWith('5')) return;
    const { moved, refused } = await port.move('blue', 'green', context);
    assert.equal(moved, 0);
    assert.match(refused?.why ?? '', /has no mark of BullMQ 5 or later|is written by bullmq/);
    assert.equal((await port.depth('blue')).ready, 3);
  });
}

void it('bullmq 5.81.5: moves, between paused queues too, whose jobs lie in a list of their own', async (t) => {
  const { port, blue, green } = await service(t, '5.81.5');
  for (const n of [0, 1, 2]) await blue.queue.add('job', { n });
  await blue.queue.add('job', { n: 3 }, { priority: 2 });
  await blue.queue.pause();
  await green.queue.pause();
  assert.deepEqual(await port.move('blue', 'green', context), { moved: 4 });
  assert.equal((await port.depth('green')).ready, 4);
  await green.queue.resume();
  const got: unknown[] = [];
  for (let left = 4; left > 0; left -= 1) {
    const job = await green.worker.getNextJob('token');
    got.push((job?.data as { n: number } | undefined)?.n);
    await job?.moveToCompleted('done', 'token', false);
  }
  assert.deepEqual(got, [0, 1, 2, 3]);
  assert.equal((await port.depth('blue')).ready, 0);
});
