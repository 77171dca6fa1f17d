/** Schedulers of BullMQ: producers, of which exactly one color has each, before a flip, after it and after a rollback. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Worker } from 'bullmq';
import type { Color } from '../../src/domain/color.ts';
import { startRedis, until, type RedisServer } from '../support/redis-server.ts';
import { bullPairOf, openQueue, type BullPair } from './bullmq-env.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 1000 };
const EVERY_MS = 400;
const none = { ready: 0, inFlight: 0, delayed: 0, dead: 0, oldestAgeMs: 0 };

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

function workOn(t: TestContext, { queue }: BullPair, color: Color, runs: string[]): Worker {
  const connection = { host: '127.0.0.1', port: server.port };
  const worker = new Worker(queue(color).name, async ({ id = '' }) => void runs.push(id), { connection });
  worker.on('error', () => undefined);
  t.after(() => worker.close());
  return worker;
}

const schedule = ({ queue }: BullPair, color: Color, every = EVERY_MS): Promise<unknown> =>
  queue(color).upsertJobScheduler('tick', { every }, { name: 'job', data: { body: color } });
const whereOf = async ({ queue }: BullPair): Promise<readonly number[]> => [
  await queue('blue').getJobSchedulersCount(),
  await queue('green').getJobSchedulersCount(),
];

void describe('schedulers of bullmq', () => {
  void it('the next run is no job that waits, and goes with its scheduler, as it is', async (t) => {
    const made = await bullPairOf(t, server);
    await schedule(made, 'blue', 3_600_000);
    await made.add('blue', 'later', { delay: 600_000 });
    assert.equal((await made.port.depth('blue')).delayed, 1);
    const [before] = await made.queue('blue').getJobSchedulers();
    assert.deepEqual(await made.port.move('blue', 'green', context), { moved: 1 });
    assert.deepEqual(await whereOf(made), [0, 1]);
    assert.deepEqual(await made.port.depth('blue'), none);
    assert.deepEqual(await made.queue('green').getJobSchedulers(), [before]);
    assert.equal((await made.queue('blue').getDelayed()).length, 0);
    assert.deepEqual(await made.port.move('green', 'blue', context), { moved: 1 });
    assert.deepEqual(await made.queue('blue').getJobSchedulers(), [before]);
  });

  void it('one that both colors have is left at the target alone', async (t) => {
    const made = await bullPairOf(t, server);
    await schedule(made, 'blue');
    await schedule(made, 'green', 3_600_000);
    await made.port.move('blue', 'green', context);
    assert.deepEqual(await whereOf(made), [0, 1]);
    assert.equal((await made.queue('green').getJobSchedulers())[0]?.every, 3_600_000);
    assert.equal((await made.queue('blue').getDelayed()).length, 0);
  });

  void it('stays with its run that waits where the plan leaves it', async (t) => {
    const made = await bullPairOf(t, server);
    const name = made.queue('blue').name.replace(/-blue$/, '');
    const port = openQueue(server, name, { schedulers: 'leave' });
    t.after(() => port.close?.());
    await schedule(made, 'blue');
    await made.queue('blue').promoteJobs();
    assert.equal((await port.depth('blue')).ready, 1);
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 0 });
    assert.deepEqual(await whereOf(made), [1, 0]);
    assert.deepEqual(await made.port.move('blue', 'green', context), { moved: 0 });
    assert.deepEqual([await whereOf(made), (await made.port.depth('green')).ready], [[0, 1], 1]);
  });

  void it('each time runs once through flip, rollback and a worker that begins again and again', async (t) => {
    const made = await bullPairOf(t, server);
    const runs: string[] = [];
    await schedule(made, 'blue');
    let blue = workOn(t, made, 'blue', runs);
    workOn(t, made, 'green', runs);
    const more = async (count: number): Promise<void> => {
      const since = runs.length;
      await until(async () => runs.length >= since + count, 60_000);
    };
    await more(2);
    const moved = async (from: Color, to: Color): Promise<void> => {
      // A run that is being taken just then holds its scheduler back for a moment.
      await until(async () => {
        await made.port.move(from, to, context);
        return (await made.queue(from).getJobSchedulersCount()) === 0;
      }, 60_000);
      assert.equal(await made.queue(to).getJobSchedulersCount(), 1);
    };
    await moved('blue', 'green');
    await more(2);
    for (let starts = 0; starts < 3; starts += 1) {
      await blue.close();
      await schedule(made, 'blue');
      blue = workOn(t, made, 'blue', runs);
      await moved('blue', 'green');
      await more(1);
    }
    await moved('green', 'blue');
    await more(3);
    t.diagnostic(`${runs.length} runs`);
    // Those of a color that had it against the rule for a moment ran there as well.
    const own = runs.map((id) => Number(id.split(':').at(-1)));
    const since = own.slice(-4);
    assert.deepEqual(
      since,
      [...new Set(since)].toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      own.slice(0, 4),
      [...new Set(own.slice(0, 4))].toSorted((a, b) => a - b),
    );
  });
});
