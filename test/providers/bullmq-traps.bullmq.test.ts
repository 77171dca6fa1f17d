/** What goes wrong with queues of BullMQ as jobs move: attempts, order and delays lost, ids that collide, jobs of others, keys that are none. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FlowProducer, Worker } from 'bullmq';
import type { Job } from '../../src/conformance/queue.ts';
import type { Color } from '../../src/domain/color.ts';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { startRedis, until, type RedisServer } from '../support/redis-server.ts';
import { refuses, SECRET } from '../support/store-calls.ts';
import { SPOILS } from '../support/tcp-proxy.ts';
import { bodyOf, bullPairOf, openQueue, type BullPair } from './bullmq-env.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 1000 };
const many = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));
const bodies = (jobs: readonly Job[]): readonly string[] => jobs.map(({ body }) => body);

let server: RedisServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

const pair = (t: TestContext): Promise<BullPair> => bullPairOf(t, server);

/** A worker of the service, which ends with the test. */
function work(t: TestContext, { queue }: BullPair, color: Color, job: (body: string) => void): Worker {
  const connection = { host: '127.0.0.1', port: server.port };
  const worker = new Worker(queue(color).name, async (one) => job(bodyOf(one)), { connection });
  worker.on('error', () => undefined);
  t.after(() => worker.close());
  return worker;
}

void describe('bullmq', () => {
  for (const how of SPOILS) {
    void it(`a move whose script is ${how} leaves each job in one queue, once`, async (t) => {
      const { port, proxy, send, receive } = await pair(t);
      await send('blue', many(60));
      proxy.spoil('LREM', how);
      const first = new AbortController();
      // A worker that hangs is ended by its attempt.
      if (how === 'hang') setTimeout(() => first.abort(), 1000).unref();
      await port.move('blue', 'green', { ...context, signal: first.signal }).catch((error: unknown) => {
        const isExpected = how === 'hang' || (error instanceof ProviderError && error.kind === 'retry');
        assert.ok(isExpected, String(error));
      });
      await until(async () => {
        await port.move('blue', 'green', context);
        return (await port.depth('blue')).ready === 0;
      });
      assert.deepEqual(await receive('green'), many(60));
    });
  }

  void it('keeps order, priorities and who is to go first, behind those that wait at the target', async (t) => {
    const { port, add, send, receive } = await pair(t);
    await send('green', [{ body: 'there', key: 'there' }]);
    await send('blue', many(3));
    await add('blue', 'first', { lifo: true });
    await add('blue', 'low', { priority: 9 });
    await add('blue', 'high', { priority: 2 });
    await add('green', 'high there', { priority: 2 });
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 6 });
    const expected = ['there', 'first', '0', '1', '2', 'high there', 'high', 'low'];
    assert.deepEqual(bodies(await receive('green')), expected);
  });

  void it('keeps attempts, log and progress of a job: its retries do not begin again', async (t) => {
    const { port, add, take, queue } = await pair(t);
    await add('blue', 'a', { attempts: 5, jobId: 'k' });
    for (let attempts = 0; attempts < 2; attempts += 1) {
      const job = await take('blue');
      await job?.log(`try ${attempts}`);
      await job?.updateProgress(attempts);
      await job?.moveToFailed(new Error('not yet'), 'token', false);
    }
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 1 });
    const moved = await queue('green').getJob('k');
    assert.deepEqual([moved?.attemptsMade, moved?.progress, moved?.opts.attempts], [2, 1, 5]);
    assert.deepEqual((await queue('green').getJobLogs('k')).logs, ['try 0', 'try 1']);
    assert.equal(await queue('blue').getJob('k'), undefined);
  });

  void it('a worker that waits at the target is woken by a job that is moved', async (t) => {
    const made = await pair(t);
    const done: string[] = [];
    await work(t, made, 'green', (body) => done.push(body)).waitUntilReady();
    await sleep(200);
    await made.send('blue', many(3));
    await made.port.move('blue', 'green', context);
    await until(async () => done.length === 3);
    assert.deepEqual(done, ['0', '1', '2']);
  });

  void it('a delayed job is moved with what is left of its delay, and runs in its time', async (t) => {
    const made = await pair(t);
    const ranMs: number[] = [];
    await work(t, made, 'green', () => ranMs.push(Date.now())).waitUntilReady();
    const { timestamp } = await made.add('blue', 'later', { delay: 4000, jobId: 'k' });
    await made.add('blue', 'much later', { delay: 600_000, jobId: 'l' });
    assert.deepEqual(await made.port.move('blue', 'green', context), { moved: 2 });
    const later = (await made.queue('green').getDelayed()).find(({ id }) => id === 'l');
    const dueMs = later && later.timestamp + later.delay;
    assert.ok(dueMs !== undefined && dueMs > Date.now() + 500_000);
    await until(async () => ranMs.length === 1, 30_000);
    const lateMs = (ranMs[0] ?? 0) - timestamp - 4000;
    assert.ok(lateMs >= 0, `${lateMs} ms`);
    t.diagnostic(`${lateMs} ms after its time`);
    assert.equal((await made.port.depth('green')).delayed, 1);
  });

  void it('a paused target takes jobs and hands none out until it is resumed', async (t) => {
    const { port, queue, send, receive } = await pair(t);
    await send('blue', many(2));
    await queue('blue').pause();
    await queue('green').pause();
    assert.equal((await port.depth('blue')).ready, 2);
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 2 });
    assert.deepEqual(await receive('green'), []);
    await queue('green').resume();
    assert.deepEqual(bodies(await receive('green')), ['0', '1']);
  });

  void it('a job with a number for an id is never overwritten by the next of the target', async (t) => {
    const { port, add, receive } = await pair(t);
    await add('blue', 'moved');
    await port.move('blue', 'green', context);
    for (const body of ['a', 'b', 'c']) await add('green', body);
    assert.deepEqual(bodies(await receive('green')), ['moved', 'a', 'b', 'c']);
  });

  void it('an id that the target has is a repeat; the job of a dead one stays, and is said', async (t) => {
    const { port, bury, send, receive } = await pair(t);
    await send('green', [{ body: 'first', key: 'k' }]);
    await bury('green', { body: 'dead', key: 'd' });
    await send('blue', [
      { body: 'again', key: 'k' },
      { body: 'tried anew', key: 'd' },
    ]);
    const { moved, refused } = await port.move('blue', 'green', context);
    assert.equal(moved, 1);
    assert.match(refused?.why ?? '', /1 job\(s\) are among its failed ones under the same id/);
    assert.deepEqual(bodies(await receive('green')), ['first']);
    assert.deepEqual(bodies(await receive('blue')), ['tried anew']);
  });

  void it('a key that keeps repeats out goes with its job', async (t) => {
    const { port, add, receive } = await pair(t);
    await add('blue', 'a', { deduplication: { id: 'once' } });
    await port.move('blue', 'green', context);
    await add('green', 'b', { deduplication: { id: 'once' } });
    await add('blue', 'c', { deduplication: { id: 'once' } });
    assert.deepEqual(bodies(await receive('green')), ['a']);
    assert.deepEqual(bodies(await receive('blue')), ['c']);
  });

  void it('what came under the key of a job that was worked on then goes with that job when it is tried again', async (t) => {
    const { port, add, take, receive } = await pair(t);
    const opts = { attempts: 2, backoff: 1, deduplication: { id: 'last', keepLastIfActive: true } };
    await add('blue', 'a', opts);
    const job = await take('blue');
    await add('blue', 'b', opts);
    await job?.moveToFailed(new Error('not yet'), 'token', false);
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 1 });
    await until(async () => (await port.depth('green')).ready + (await port.depth('green')).delayed === 1);
    const got: Job[] = [];
    await until(async () => {
      got.push(...(await receive('green')));
      return got.length === 2;
    });
    assert.deepEqual(bodies(got), ['a', 'b']);
  });

  void it('a repeat that ends here leaves no key behind that would keep the next job out', async (t) => {
    const { port, add, receive } = await pair(t);
    const opts = { jobId: 'k', deduplication: { id: 'once' } };
    await add('green', 'done', { jobId: 'k' });
    await receive('green');
    await add('blue', 'again', opts);
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 1 });
    await add('green', 'next', { deduplication: { id: 'once' } });
    assert.deepEqual(bodies(await receive('green')), ['next']);
  });

  void it('a child that is moved still sets its parent free; a parent waits for its children where it is', async (t) => {
    const { port, queue, receive } = await pair(t);
    const flows = new FlowProducer({ connection: { host: '127.0.0.1', port: server.port } });
    t.after(() => flows.close());
    const child = (body: string): object => ({ name: 'job', data: { body }, queueName: queue('blue').name });
    await flows.add({
      name: 'job',
      data: { body: 'parent' },
      queueName: queue('blue').name,
      opts: { jobId: 'parent' },
      children: [child('one'), child('two')] as never,
    });
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 2 });
    const { ready, inFlight } = await port.depth('blue');
    assert.deepEqual([ready, inFlight], [0, 1]);
    assert.deepEqual(bodies(await receive('green')).toSorted(), ['one', 'two']);
    assert.equal((await port.depth('blue')).ready, 1);
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 1 });
    const parent = await queue('green').getJob('parent');
    assert.deepEqual(Object.values((await parent?.getChildrenValues()) ?? {}), ['done', 'done']);
  });

  void it('an id whose job Redis has thrown away stays, and is said', async (t) => {
    const { port, key, send } = await pair(t);
    await send('blue', many(2));
    await server.run('DEL', key('blue', 'key-0'));
    const { moved, refused } = await port.move('blue', 'green', context);
    assert.equal(moved, 1);
    assert.match(refused?.why ?? '', /1 id\(s\) have no job any more: does Redis evict keys/);
  });

  void it('jobs that wait grow old, whatever the connection of their workers says', async (t) => {
    const { port, add, take } = await pair(t);
    await add('blue', 'a', { timestamp: Date.now() - 60_000 });
    assert.ok(((await port.depth('blue')).oldestAgeMs ?? 0) >= 60_000);
    await take('blue');
    const held = await port.depth('blue');
    assert.equal(held.inFlight, 1);
    assert.ok((held.oldestAgeMs ?? 0) >= 60_000);
  });
});

void describe('bullmq with keys of others', () => {
  void it('a key that is no queue’s breaks nothing off in the middle: nothing is moved', async (t) => {
    const { port, key, send, receive } = await pair(t);
    await send('blue', many(3));
    await server.run('SET', key('green', 'wait'), 'text');
    await refuses(
      () => port.depth('green'),
      'fatal',
      /no queue of BullMQ: bull:jobs\d+-green:wait is a string/,
    );
    await refuses(() => port.move('blue', 'green', context), 'fatal', /wait is a string/);
    assert.deepEqual(await receive('blue'), many(3));
    await server.run('DEL', key('green', 'wait'));
  });

  void it('a version that is not known, or another than that of the source, gets no job', async (t) => {
    const { port, key, send } = await pair(t);
    await send('blue', many(2));
    const marked = async (mark: string): Promise<string> => {
      if (mark === '') await server.run('HDEL', key('green', 'meta'), 'version');
      else await server.run('HSET', key('green', 'meta'), 'version', mark);
      const { moved, refused } = await port.move('blue', 'green', context);
      assert.equal(moved, 0);
      return refused?.why ?? '';
    };
    assert.match(await marked(''), /queue jobs\d+-green has no mark of BullMQ 5 or later/);
    assert.match(await marked('bullmq:4.18.3'), /written by bullmq 4; known are bullmq 5 and 6/);
    assert.match(await marked('bullmq:7.0.0'), /written by bullmq 7/);
    assert.match(await marked('bullmq:5.81.5'), /let both colors have one major/);
    await server.run('HSET', key('green', 'meta'), 'version', 'bullmq-pro:7.1.0');
    await refuses(() => port.depth('green'), 'fatal', /BullMQ Pro, whose groups are not counted/);
  });
});

void describe('bullmq in a Redis that is no place for jobs', () => {
  const whats = async (at: { readonly port: number }, name: string): Promise<readonly string[]> =>
    ((await openQueue(at, name).check?.()) ?? []).map(({ what }) => what);

  const opened = async (at: RedisServer, green = 'bullmq:6.7.0'): Promise<void> => {
    await at.run('HSET', 'bull:x-blue:meta', 'version', 'bullmq:6.7.0');
    await at.run('HSET', 'bull:x-green:meta', 'version', green);
  };

  void it('queues between which no job can be moved are named before the flip', async (t) => {
    t.after(() => server.run('DEL', 'bull:x-blue:meta', 'bull:x-green:meta'));
    assert.match(
      String(await whats(server, 'x')),
      /no job can be moved .* queue x-blue has no mark of BullMQ/,
    );
    await opened(server, 'bullmq:5.81.5');
    assert.match(
      String(await whats(server, 'x')),
      /queue x-green is written by bullmq:5\.81\.5, and x-blue by/,
    );
    await opened(server);
    assert.deepEqual(await whats(server, 'x'), []);
  });

  void it('a policy that evicts, and one that is not told, are warned of; a limit without one is not', async (t) => {
    const evicting = await startRedis(['--maxmemory', '8mb', '--maxmemory-policy', 'allkeys-lru']);
    t.after(() => evicting.stop());
    await opened(evicting);
    assert.match(String(await whats(evicting, 'x')), /may throw jobs and their locks away: .*allkeys-lru/);
    await evicting.run('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    assert.deepEqual(await whats(evicting, 'x'), []);
    await evicting.run('ACL', 'SETUSER', 'default', '-info');
    assert.match(String(await whats(evicting, 'x')), /does not tell whether it evicts keys/);
  });

  void it('schedulers on both queues, and repeatable jobs of the old kind, are named', async (t) => {
    const { queue, key } = await pair(t);
    for (const color of ['blue', 'green'] as const)
      await queue(color).upsertJobScheduler('tick', { every: 3_600_000 });
    await server.run('ZADD', key('blue', 'repeat'), '1', 'job::::60000');
    const said = await whats(server, queue('blue').name.replace(/-blue$/, ''));
    assert.match(String(said), /schedulers stand on both queues, each time twice: tick/);
    assert.match(String(said), /1 repeatable job\(s\) of before BullMQ's schedulers/);
  });
});

void describe('bullmq that refuses or is not there', () => {
  void it('wrong credentials are fatal and name the variables; right ones are taken', async (t) => {
    const locked = await startRedis([], SECRET);
    t.after(() => locked.stop());
    await refuses(
      () => openQueue(locked, 'x').depth('blue'),
      'fatal',
      /check REDIS_USERNAME and REDIS_PASSWORD/,
    );
    const depth = await openQueue(locked, 'x', {}, { REDIS_PASSWORD: SECRET }).depth('blue');
    assert.deepEqual(depth, { ready: 0, inFlight: 0, delayed: 0, dead: 0, oldestAgeMs: 0 });
  });

  void it('says where it asked and why nothing came', async () => {
    await refuses(
      () => openQueue({ port: 9 }, 'x').depth('blue'),
      'retry',
      /^redis:\/\/127.0.0.1:9: nothing listens there/,
    );
    for (const options of [
      { url: `redis://me:${SECRET}@host` },
      { url: 'http://host' },
      { blue: 'a:b' },
      { schedulers: 'both' },
    ])
      assert.throws(() => openQueue({ port: 9 }, 'x', options), UserError);
  });
});
