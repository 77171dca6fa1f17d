/** What goes wrong with queues of JetStream: jobs that nobody counts, repeats that are none, limits that drop, streams that are no queues. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import type { Job } from '../../src/conformance/queue.ts';
import { startNats, type NatsServer } from '../support/nats-server.ts';
import { until } from '../support/redis-server.ts';
import { refuses, SECRET } from '../support/store-calls.ts';
import { SPOILS } from '../support/tcp-proxy.ts';
import { natsPairOf, openQueue, type NatsPair } from './nats-env.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 1000 };
const many = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));

const byNumber = (a: Job, b: Job): number => Number(a.body) - Number(b.body);

let server: NatsServer;
before(async () => {
  server = await startNats();
});
after(() => server.stop());

const pair = (t: TestContext, ackWaitMs?: number): Promise<NatsPair> => natsPairOf(t, server, ackWaitMs);

void describe('nats', () => {
  void it('a job past its last delivery is counted as dead, though its consumer shows nothing, until it is taken away', async (t) => {
    const { port, bury, send, receive, stream } = await pair(t);
    await bury('blue', { body: 'poison', key: 'p' });
    await send('blue', many(1));
    assert.equal((await receive('blue')).length, 1);
    assert.deepEqual(await port.depth('blue'), {
      ready: 0,
      inFlight: 0,
      delayed: 0,
      dead: 1,
      oldestAgeMs: 0,
    });
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 0 });
    await server.use(async (_, manager) => void (await manager.streams.purge(stream('blue'))));
    assert.equal((await port.depth('blue')).dead, 0);
  });

  void it('moves in order, through producers’ own ids, there and back within minutes', async (t) => {
    const { port, send, receive } = await pair(t);
    const jobs = many(250);
    await send('blue', jobs);
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 250 });
    assert.deepEqual(await port.move('green', 'blue', context), { moved: 250 });
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 250 });
    const got = [...(await receive('green')), ...(await receive('green'))];
    assert.deepEqual(got, jobs);
  });

  for (const how of SPOILS) {
    void it(`a move whose publishing is ${how} loses nothing, and a repeat is no second job`, async (t) => {
      const { port, proxy, send, receive } = await pair(t, 2000);
      const jobs = many(30);
      await send('blue', jobs);
      proxy.spoil('HPUB', how);
      const first = new AbortController();
      // A worker that hangs is ended by its attempt.
      if (how === 'hang') setTimeout(() => first.abort(), 1000).unref();
      await port.move('blue', 'green', { ...context, signal: first.signal }).catch((error: unknown) => {
        const isExpected = how === 'hang' || (error instanceof ProviderError && error.kind === 'retry');
        assert.ok(isExpected, String(error));
      });
      // What was in hand comes again when its time is over.
      await until(async () => {
        await port.move('blue', 'green', context);
        const { ready, inFlight } = await port.depth('blue');
        return ready + inFlight === 0;
      }, 30_000);
      assert.equal((await port.depth('blue')).dead, 0);
      assert.deepEqual((await receive('green')).toSorted(byNumber), jobs);
    });
  }

  void it('never fills a stream beyond its limit, where old jobs would be dropped', async (t) => {
    const { port, send, receive, change } = await pair(t);
    await send('blue', many(10));
    await change('green', { max_msgs: 4, discard: 'old' });
    const { moved, refused } = await port.move('blue', 'green', context);
    assert.equal(moved, 4);
    assert.match(refused?.why ?? '', /stream jobs\d+-green is full/);
    assert.deepEqual(await receive('green'), many(10).slice(0, 4));
    assert.equal((await port.move('blue', 'green', context)).moved, 4);
  });

  void it('says why its consumer hands nothing out', async (t) => {
    const { port, send, hold, stream } = await pair(t);
    await send('blue', many(3));
    await server.use(
      async (_, manager) =>
        void (await manager.consumers.update(stream('blue'), 'workers', { max_ack_pending: 1 })),
    );
    await hold('blue');
    const { moved, refused } = await port.move('blue', 'green', context);
    assert.equal(moved, 0);
    assert.match(refused?.why ?? '', /its 1 outstanding acknowledgements are reached/);
    await server.use(
      async (_, manager) =>
        void (await manager.consumers.pause(stream('blue'), 'workers', new Date(Date.now() + 60_000))),
    );
    assert.match((await port.move('blue', 'green', context)).refused?.why ?? '', /is paused/);
  });

  void it('carries how often a job was delivered before, which the next stream does not know', async (t) => {
    const { port, send, stream } = await pair(t);
    await send('blue', many(1));
    await server.use(async (js) =>
      (await (await js.consumers.get(stream('blue'), 'workers')).next({ expires: 1000 }))?.nak(),
    );
    assert.deepEqual(await port.move('blue', 'green', context), { moved: 1 });
    const carried = await server.use(
      async (js) =>
        (await (await js.consumers.get(stream('green'), 'workers')).next({ expires: 1000 }))?.headers,
    );
    assert.equal(carried?.get('cutover-receives'), '1');
  });

  void it('a stream that is no work queue, and a consumer that counts other jobs, are refused', async (t) => {
    await server.use(async (_, manager) => {
      await manager.streams.add({ name: 'kept-blue', subjects: ['kept.blue'], storage: 'memory' });
      await manager.consumers.add('kept-blue', { durable_name: 'workers', ack_policy: 'explicit' });
      await manager.streams.add({
        name: 'kept-green',
        subjects: ['kept.green', 'kept.other'],
        retention: 'workqueue',
        storage: 'memory',
      });
      await manager.consumers.add('kept-green', { durable_name: 'workers', ack_policy: 'explicit' });
    });
    const port = openQueue(server, 'kept');
    t.after(() => port.close?.());
    await refuses(
      () => port.depth('blue'),
      'fatal',
      /retention limits, which keeps jobs that are done: it must be workqueue/,
    );
    await refuses(
      () => port.depth('green'),
      'fatal',
      /takes kept.green, kept.other, and so counts other jobs/,
    );
    await refuses(() => openQueue(server, 'no').depth('blue'), 'fatal', /no such stream: check `stream`/);
    const other = { stream: 'kept-blue', subject: 'kept.blue', consumer: 'nobody' };
    await refuses(
      () => openQueue(server, 'kept', { blue: other }).depth('blue'),
      'fatal',
      /no such consumer: check `consumer`/,
    );
  });
});

void describe('nats that refuses or is not there', () => {
  void it('wrong credentials are fatal and name the variables; right ones are taken', async (t) => {
    const locked = await startNats(['--user', 'me', '--pass', SECRET], { user: 'me', pass: SECRET });
    t.after(() => locked.stop());
    await refuses(() => openQueue(locked, 'x').depth('blue'), 'fatal', /check NATS_USER and NATS_PASSWORD/);
    const known = { NATS_USER: 'me', NATS_PASSWORD: SECRET };
    await refuses(() => openQueue(locked, 'x', {}, known).depth('blue'), 'fatal', /no such stream/);
  });

  void it('asks for TLS what speaks none: fatal, as no try later mends it', async () => {
    const url = `tls://127.0.0.1:${server.port}`;
    await refuses(
      () => openQueue(server, 'x', { url }).depth('blue'),
      'fatal',
      /^tls:.*: it speaks no TLS: tls:\/\/ or nats:\/\/\?/,
    );
  });

  void it('says where it asked and why nothing came', async () => {
    await refuses(
      () => openQueue({ port: 9 }, 'x').depth('blue'),
      'retry',
      /^nats:\/\/127.0.0.1:9: nothing listens there/,
    );
    await refuses(
      () => openQueue({ port: 9 }, 'x', { url: 'nats://[::1]:9' }).depth('blue'),
      'retry',
      /^nats:\/\/\[::1\]:9: (nothing listens there|.*E[A-Z]+ ::1:9 )/,
    );
    for (const options of [
      { url: `nats://me:${SECRET}@host` },
      { url: 'http://host' },
      { blue: { stream: 'a b' } },
    ])
      assert.throws(() => openQueue({ port: 9 }, 'x', options), UserError);
  });
});
