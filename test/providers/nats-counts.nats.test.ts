/** What is counted on queues of JetStream while jobs come in, and what a stream with a limit is given. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Job } from '../../src/conformance/queue.ts';
import { depthOf } from '../../src/providers/nats/depth.ts';
import { startNats, type NatsServer } from '../support/nats-server.ts';
import { natsPairOf, type NatsPair } from './nats-env.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 1000 };
const KB = 'x'.repeat(1000);
const large = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({ body: `${i} ${KB}`, key: `key-${i}` }));

let server: NatsServer;
before(async () => {
  server = await startNats();
});
after(() => server.stop());

const pair = (t: TestContext): Promise<NatsPair> => natsPairOf(t, server);

void describe('counts of nats', () => {
  void it('a job that comes in between two questions is no dead letter, and one that is there is told', async (t) => {
    const { bury, send, stream, queue } = await pair(t);
    const countsWhileJobsCome = (): Promise<number> =>
      server.use(async (_, manager) => {
        let sent = 0;
        const busy = {
          consumers: manager.consumers,
          streams: {
            info: async (...asked: Parameters<JetStreamManager['streams']['info']>) => {
              await send('blue', [{ body: 'new', key: `new-${performance.now()}-${(sent += 1)}` }]);
              return manager.streams.info(...asked);
            },
            getMessage: manager.streams.getMessage.bind(manager.streams),
          },
        } as unknown as JetStreamManager;
        return (await depthOf(busy, queue('blue'))).dead;
      });
    assert.equal(await countsWhileJobsCome(), 0);
    await server.use(async (_, manager) => void (await manager.streams.purge(stream('blue'))));
    await bury('blue', { body: 'poison', key: 'p' });
    assert.equal(await countsWhileJobsCome(), 1);
  });

  void it('the age is that of a job that waits, not of a dead letter that lies there', async (t) => {
    const { port, bury, send, hold } = await pair(t);
    await bury('blue', { body: 'poison', key: 'p' });
    await sleep(1500);
    await send('blue', [
      { body: 'a', key: 'k1' },
      { body: 'b', key: 'k2' },
    ]);
    const isYoung = (ageMs: number | null): boolean => ageMs === null || ageMs < 1200;
    const { oldestAgeMs } = await port.depth('blue');
    assert.ok(oldestAgeMs !== null && isYoung(oldestAgeMs), `${oldestAgeMs} ms`);
    await hold('blue');
    const held = await port.depth('blue');
    assert.equal(held.dead, 1);
    assert.ok(isYoung(held.oldestAgeMs), `${held.oldestAgeMs} ms`);
  });
});

void describe('a stream of nats with a limit', () => {
  for (const [limit, fits] of [
    [{ max_bytes: 5500 }, 4],
    [{ max_msgs_per_subject: 3 }, 3],
    [{ max_bytes: 5500, max_msgs: 3 }, 3],
  ] as const) {
    void it(`${JSON.stringify(limit)} that drops old jobs is not filled beyond it, and nothing is lost`, async (t) => {
      const { port, send, receive, change } = await pair(t);
      const jobs = large(10);
      await send('blue', jobs);
      await change('green', { ...limit, discard: 'old' });
      const { moved, refused } = await port.move('blue', 'green', context);
      assert.match(refused?.why ?? '', /stream jobs\d+-green is full/);
      const got = [...(await receive('green'))];
      assert.equal(got.length, moved);
      assert.ok(moved >= fits, `${moved}`);
      for (let calls = 0; got.length < jobs.length; calls += 1) {
        assert.ok(calls < 10);
        await port.move('blue', 'green', context);
        got.push(...(await receive('green')));
      }
      const keys = (of: readonly Job[]): Set<unknown> => new Set(of.map(({ key }) => key));
      assert.equal(got.length, jobs.length);
      assert.deepEqual(keys(got), keys(jobs));
      assert.equal((await port.depth('blue')).dead, 0);
    });
  }

  void it('that has room for just what waits takes it, and is not called full', async (t) => {
    const { port, send, change } = await pair(t);
    await send('blue', large(4));
    await change('green', { max_msgs: 4 });
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 4 });
  });

  void it('a consumer that hands out few at a time is asked for few', async (t) => {
    const { port, send, stream } = await pair(t);
    await send('blue', large(12));
    await server.use(
      async (_, manager) =>
        void (await manager.consumers.update(stream('blue'), 'workers', { max_batch: 5 })),
    );
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 12 });
  });
});
