/** What goes wrong with queues of RabbitMQ: confirmations that mean nothing, limits that drop, counts that are not there, headers that are orders. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { before, describe, it, type TestContext } from 'node:test';
import type { Job } from '../../src/conformance/queue.ts';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { sharedRabbit, type RabbitServer } from '../support/rabbitmq-server.ts';
import { until } from '../support/redis-server.ts';
import { refuses, SECRET } from '../support/store-calls.ts';
import { SPOILS } from '../support/tcp-proxy.ts';
import { openQueue, publish, rabbitPairOf, type PairOptions, type RabbitPair } from './rabbitmq-env.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 5000 };
const many = (count: number): Job[] =>
  Array.from({ length: count }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));
const numbers = (jobs: readonly Job[]): number[] =>
  [...new Set(jobs.map(({ body }) => Number(body)))].toSorted((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

let server: RabbitServer;
before(async () => {
  server = await sharedRabbit();
});

const pair = (t: TestContext, options?: PairOptions): Promise<RabbitPair> => rabbitPairOf(t, server, options);

/** Moves until blue is empty; what broke off is tried again. */
async function moveAll({ atOnce: port, queue }: RabbitPair): Promise<void> {
  await until(async () => {
    await port.move('blue', 'green', context).catch((error: unknown) => {
      assert.ok(error instanceof ProviderError && error.kind === 'retry', String(error));
    });
    const facts = await server.use((channel) => channel.checkQueue(queue('blue')));
    return facts.messageCount === 0 && (await port.depth('blue')).inFlight === 0;
  }, 60_000);
}

for (const type of ['classic', 'quorum'] as const) {
  void describe(`rabbitmq, ${type} queues`, () => {
    void it('moves in order, there and back', async (t) => {
      const { atOnce, send, receive } = await pair(t, { type });
      const jobs = many(1200);
      await send('blue', jobs);
      for (const [from, to] of [
        ['blue', 'green'],
        ['green', 'blue'],
        ['blue', 'green'],
      ] as const)
        assert.deepEqual(await atOnce.move(from, to, context), { moved: 1200 });
      assert.deepEqual(await receive('green'), jobs);
    });

    for (const how of SPOILS) {
      void it(`a move whose publishing is ${how} loses nothing, and a repeat keeps its key`, async (t) => {
        const made = await pair(t, { type });
        const jobs = many(30);
        await made.send('blue', jobs);
        made.proxy.spoil('key-7', how);
        const first = new AbortController();
        // A worker that hangs is ended by its attempt.
        if (how === 'hang') setTimeout(() => first.abort(), 1000).unref();
        await made.atOnce
          .move('blue', 'green', { ...context, signal: first.signal })
          .catch((error: unknown) => {
            const isExpected = how === 'hang' || (error instanceof ProviderError && error.kind === 'retry');
            assert.ok(isExpected, String(error));
          });
        await moveAll(made);
        const got = await made.receive('green');
        assert.deepEqual(numbers(got), upTo(30));
        for (const { body, key } of got) assert.equal(key, `key-${body}`);
      });
    }

    void it('a target that refuses in the middle gets what it takes, in order; the rest is back', async (t) => {
      const { atOnce, send, receive, policy } = await pair(t, { type });
      await send('blue', many(300));
      await policy('green', { 'max-length-bytes': 100, overflow: 'reject-publish' });
      const { moved, refused } = await atOnce.move('blue', 'green', context);
      // A quorum queue may take more than its limit before it refuses.
      if (type === 'classic') assert.ok(moved < 300);
      if (moved < 300) assert.match(refused?.why ?? '', /takes no more \(overflow: reject-publish\)/);
      const [left, got] = [await receive('blue'), await receive('green')];
      assert.equal(got.length, moved);
      assert.deepEqual(numbers([...left, ...got]), upTo(300));
    });
  });
}

void describe('rabbitmq', () => {
  void it('10,000 jobs through a line that is cut at random: none is lost, a repeat keeps its key', async (t) => {
    const made = await pair(t);
    await made.send('blue', many(10_000));
    for (let cuts = 0; cuts < 15; cuts += 1) {
      const [how = 'lost'] = [SPOILS[[0, 1, 4][cuts % 3] ?? 0]];
      const { messageCount } = await server.use((channel) => channel.checkQueue(made.queue('blue')));
      if (messageCount < 1000) break;
      made.proxy.spoil(`key-${10_000 - messageCount + Math.floor(Math.random() * 900)}`, how);
      await made.atOnce.move('blue', 'green', context).catch((error: unknown) => {
        assert.ok(error instanceof ProviderError && error.kind === 'retry', String(error));
      });
    }
    await moveAll(made);
    const got = await made.receive('green');
    t.diagnostic(`${got.length - 10_000} repeats`);
    assert.deepEqual(numbers(got), upTo(10_000));
    for (const { body, key } of got) assert.equal(key, `key-${body}`);
  });

  void it('a target that is deleted under the move: nothing is acknowledged that could be brought nowhere', async (t) => {
    const { atOnce, proxy, queue, send, receive } = await pair(t);
    await send('blue', many(4000));
    proxy.delay(10);
    const move = atOnce.move('blue', 'green', context);
    await until(() =>
      server.use(async (channel) => (await channel.checkQueue(queue('green'))).messageCount > 0),
    );
    await server.use((channel) => channel.deleteQueue(queue('green')));
    const { moved, refused } = await move;
    assert.match(refused?.why ?? '', /the queue is not there any more/);
    assert.ok(moved < 4000);
    assert.equal((await receive('blue')).length, 4000 - moved);
    assert.match(
      (await atOnce.move('blue', 'green', context)).refused?.why ?? '',
      /it has no queue jobs\S+-green/,
    );
    // For the end of the pair.
    await server.use((channel) => channel.assertQueue(queue('green')));
  });

  void it('never fills a queue that drops its first jobs, nor one that refuses beyond its limit', async (t) => {
    const { atOnce, send, receive, policy } = await pair(t);
    await send('blue', many(10));
    await send('green', many(3));
    await policy('green', { 'max-length': 5 });
    const dropping = await atOnce.move('blue', 'green', context);
    assert.equal(dropping.moved, 0);
    assert.match(dropping.refused?.why ?? '', /overflow "drop-head", which loses jobs/);
    await policy('green', { 'max-length': 5, overflow: 'reject-publish' });
    const { moved, refused } = await atOnce.move('blue', 'green', context);
    assert.equal(moved, 2);
    assert.match(refused?.why ?? '', /it is full/);
    assert.equal((await receive('blue')).length, 8);
    assert.equal((await receive('green')).length, 5);
  });

  void it('a quorum queue whose policy drops, over an argument that refuses, is not filled', async (t) => {
    const { atOnce, send, receive, policy } = await pair(t, {
      type: 'quorum',
      arguments: { 'x-max-length': 100, 'x-overflow': 'reject-publish' },
    });
    await policy('green', { 'max-length': 5, overflow: 'drop-head' });
    await send('blue', many(10));
    const { moved, refused } = await atOnce.move('blue', 'green', context);
    const [left, got] = [await receive('blue'), await receive('green')];
    assert.deepEqual([left.length, moved, got.length], [10, 0, 0]);
    assert.match(refused?.why ?? '', /overflow "drop-head", which loses jobs/);
  });

  void it('a job whose publishing fails again and again is left to a person before its queue gives it up', async (t) => {
    const made = await pair(t, { type: 'quorum', arguments: { 'x-delivery-limit': 3 } });
    await made.send('blue', many(1));
    let tries = 0;
    for (let isLastTry = false; !isLastTry; tries += 1) {
      assert.ok(tries < 4, `${tries} tries, and nobody was asked`);
      await until(async () => (await made.atOnce.depth('blue')).ready === 1);
      made.proxy.spoil('key-0', 'cut');
      const { refused } = await made.atOnce.move('blue', 'green', context).catch((error: unknown) => {
        assert.ok(error instanceof ProviderError && error.kind === 'retry', String(error));
        return { refused: undefined };
      });
      isLastTry = refused?.isLastTry ?? false;
    }
    await until(async () => (await made.receive('blue')).length === 1);
    assert.equal((await made.port.depth('blue')).dead, 0);
  });

  void it('a queue that one consumer has for itself is left to it, and said', async (t) => {
    const made = await pair(t);
    await made.send('blue', many(2));
    await server.use(async (channel) => {
      await channel.prefetch(1);
      await channel.consume(made.queue('blue'), () => undefined, { exclusive: true });
      await until(async () => (await made.atOnce.depth('blue')).ready === 1);
      const { moved, refused } = await made.atOnce.move('blue', 'green', context);
      assert.equal(moved, 0);
      assert.match(refused?.why ?? '', /hands its jobs to one consumer, and that is another one/);
    });
  });

  void it('a user who may not write any more loses no job: it is the freeze that RabbitMQ has', async (t) => {
    const { atOnce, queue, send, receive } = await pair(t);
    const user = queue('user');
    await server.manage('PUT', `/users/${user}`, { password: SECRET, tags: 'monitoring' });
    t.after(() => server.manage('DELETE', `/users/${user}`));
    await server.manage('PUT', `/permissions/%2F/${user}`, { configure: '', write: '', read: '.*' });
    const name = queue('blue').replace(/-blue$/, '');
    const known = { RABBITMQ_USER: user, RABBITMQ_PASSWORD: SECRET };
    const port = openQueue(server, name, {}, known);
    t.after(() => port.close?.());
    await send('blue', many(10));
    const { moved, refused } = await port.move('blue', 'green', context);
    assert.equal(moved, 0);
    assert.match(refused?.why ?? '', /write to the default exchange/);
    assert.equal((await receive('blue')).length, 10);
    assert.equal((await atOnce.depth('green')).ready, 0);
  });

  void it('carries the attempts of a job through five moves, by whatever they were counted', async (t) => {
    for (const type of ['classic', 'quorum'] as const) {
      const { atOnce, queue, send } = await pair(t, { type });
      await send('blue', many(1));
      for (let moves = 0; moves < 5; moves += 1) {
        const [from, to] = moves % 2 === 0 ? (['blue', 'green'] as const) : (['green', 'blue'] as const);
        await server.use(async (channel) => {
          const job = await channel.get(queue(from));
          if (job === false) throw new Error('the job is gone');
          channel.nack(job, false, true);
          await channel.checkQueue(queue(from));
        });
        assert.deepEqual(await atOnce.move(from, to, context), { moved: 1 });
      }
      assert.equal((await headersOf(queue('green')))['cutover-receives'], 5, type);
    }
  });

  void it('counts what was rejected and came round, and leaves behind what the broker counts anew', async (t) => {
    const { atOnce, queue, send } = await pair(t);
    const round = queue('round');
    await server.use(async (channel) => {
      await channel.assertQueue(round, {
        messageTtl: 1,
        deadLetterExchange: '',
        deadLetterRoutingKey: queue('blue'),
      });
      await channel.deleteQueue(queue('blue'));
      await channel.assertQueue(queue('blue'), { deadLetterExchange: '', deadLetterRoutingKey: round });
    });
    t.after(() => server.use((channel) => channel.deleteQueue(round)));
    await send('blue', many(1));
    for (let attempts = 0; attempts < 3; attempts += 1) {
      await until(() =>
        server.use(async (channel) => {
          const job = await channel.get(queue('blue'));
          if (job !== false) channel.nack(job, false, false);
          await channel.checkQueue(queue('blue'));
          return job !== false;
        }),
      );
    }
    await until(async () => {
      const { moved } = await atOnce.move('blue', 'green', context).catch(() => ({ moved: 0 }));
      return moved === 1;
    });
    const headers = await headersOf(queue('green'));
    assert.equal(headers['cutover-receives'], 3);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-')),
      [],
    );
  });

  void it('takes along what the producer gave; sends no copies once more, and claims nobody’s name', async (t) => {
    const { atOnce, queue } = await pair(t);
    const copies = queue('copies');
    await server.use((channel) => channel.assertQueue(copies));
    t.after(() => server.use((channel) => channel.deleteQueue(copies)));
    const given = {
      contentType: 'application/json',
      correlationId: 'c',
      messageId: 'm',
      priority: 3,
      replyTo: 'answers',
      timestamp: 1_764_390_000,
      type: 't',
    };
    await publish(server, queue('blue'), [{ body: 'a', key: null }], {
      ...given,
      CC: copies,
      userId: 'guest',
      headers: { list: [1, 'two', { three: 3 }], real: 0.5, when: { '!': 'timestamp', value: 5 } },
    });
    await server.use((channel) => channel.purgeQueue(copies));
    assert.deepEqual(await atOnce.move('blue', 'green', context), { moved: 1 });
    await server.use(async (channel) => {
      assert.equal((await channel.checkQueue(copies)).messageCount, 0);
      const job = await channel.get(queue('green'), { noAck: true });
      assert.ok(job !== false);
      const { headers, userId, deliveryMode, ...properties } = job.properties;
      for (const [name, value] of Object.entries(given))
        assert.equal((properties as Record<string, unknown>)[name], value, name);
      assert.equal(userId, undefined);
      assert.equal(deliveryMode, 2);
      assert.deepEqual(
        { ...headers },
        {
          list: [1, 'two', { three: 3 }],
          real: 0.5,
          when: { '!': 'timestamp', value: 5 },
          'idempotency-key': 'm',
        },
      );
    });
  });

  void it('a header that the client would change stops the move before its job', async (t) => {
    const { atOnce, queue, send, receive } = await pair(t);
    await send('blue', many(2));
    await publish(server, queue('blue'), [{ body: '2', key: null }], {
      headers: { id: { '!': 'int64', value: 2n ** 60n } },
    });
    const { moved, refused } = await atOnce.move('blue', 'green', context);
    assert.equal(moved, 2);
    assert.match(refused?.why ?? '', /a whole number beyond 2\^53/);
    assert.equal((await receive('blue')).length, 1);
  });

  void it('counts what came just now, before the management API knows of it', async (t) => {
    const { atOnce, send } = await pair(t);
    await send('blue', many(5));
    assert.equal((await atOnce.depth('blue')).ready, 5);
  });

  void it('a job of a group that one consumer has is left to it, and said', async (t) => {
    const made = await pair(t, { arguments: { 'x-single-active-consumer': true } });
    await made.send('blue', many(2));
    await server.use(async (channel) => {
      await channel.prefetch(1);
      await channel.consume(made.queue('blue'), () => undefined);
      const { moved, refused } = await made.atOnce.move('blue', 'green', context);
      assert.equal(moved, 0);
      assert.match(refused?.why ?? '', /hands its jobs to one consumer, and that is another one/);
    });
  });

  void it('queues that are no work queues are refused before anything is taken', async (t) => {
    const name = `odd${process.pid}`;
    await server.use(async (channel) => {
      await channel.assertQueue(`${name}-blue`, { autoDelete: true });
      await channel.assertQueue(`${name}-green`, { arguments: { 'x-queue-type': 'stream' } });
      channel.sendToQueue(`${name}-blue`, Buffer.from('a'));
      await channel.checkQueue(`${name}-blue`);
    });
    t.after(() =>
      server.use(async (channel) => {
        await channel.deleteQueue(`${name}-blue`);
        await channel.deleteQueue(`${name}-green`);
      }),
    );
    const port = openQueue(server, name);
    t.after(() => port.close?.());
    const of = async (call: () => Promise<unknown>): Promise<unknown> => {
      let answer: unknown;
      // Until the counts have come.
      await until(() =>
        call().then(
          () => true,
          (error: unknown) => {
            answer = error;
            return !(error instanceof ProviderError && error.kind === 'retry');
          },
        ),
      );
      throw answer;
    };
    await refuses(() => of(() => port.retryPolicy('blue')), 'fatal', /deleted with its jobs when its last/);
    await refuses(() => of(() => port.move('blue', 'green', context)), 'fatal', /deleted with its jobs/);
    await refuses(() => of(() => port.retryPolicy('green')), 'fatal', /is a stream, which keeps jobs/);
    await server.use(async (channel) => {
      assert.equal((await channel.checkQueue(`${name}-blue`)).messageCount, 1);
    });
  });
});

/** Of the first job, which is taken out. */
function headersOf(queue: string): Promise<Readonly<Record<string, unknown>>> {
  return server.use(async (channel) => {
    const job = await channel.get(queue, { noAck: true });
    if (job === false) throw new Error('no job');
    return { ...job.properties.headers };
  });
}

void describe('rabbitmq that tells nothing, refuses or is not there', () => {
  const told = async (t: TestContext, answer: object, status = 200): Promise<string> => {
    const stub: Server = createServer((_, response) => {
      response.statusCode = status;
      response.end(JSON.stringify(answer));
    });
    stub.listen(0, '127.0.0.1');
    await once(stub, 'listening');
    t.after(() => stub.close());
    return `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
  };
  const counts = { messages: 0, messages_ready: 0, messages_unacknowledged: 0 };
  const queue = { name: 'x', type: 'classic', state: 'running', arguments: {}, ...counts };

  void it('a count that is missing is unknown, and never zero; nor is that of a queue whose leader is away', async (t) => {
    for (const field of Object.keys(counts)) {
      const { [field as keyof typeof counts]: _, ...without } = queue;
      const management = await told(t, without);
      await refuses(
        () => openQueue({ ...server, management }, 'x').depth('blue'),
        'retry',
        new RegExp(`tells no ${field} of queue x-blue`),
      );
    }
    for (const state of ['down', 'minority', 'stopped', 'crashed']) {
      const management = await told(t, { ...queue, state });
      await refuses(
        () => openQueue({ ...server, management }, 'x').depth('blue'),
        'retry',
        new RegExp(`queue x-blue is ${state}`),
      );
    }
  });

  void it('reads limits of deliveries and times wherever they are written', async (t) => {
    const of = async (more: object): Promise<unknown> => {
      const management = await told(t, { ...queue, type: 'quorum', ...more });
      return openQueue({ ...server, management }, 'x').retryPolicy('blue');
    };
    assert.deepEqual(await of({}), { maxDeliveries: null, ackTimeoutMs: 1_800_000 });
    assert.deepEqual(await of({ arguments: { 'x-delivery-limit': 4, 'x-consumer-timeout': 60_000 } }), {
      maxDeliveries: 5,
      ackTimeoutMs: 60_000,
    });
    assert.deepEqual(await of({ effective_policy_definition: { 'delivery-limit': 2 } }), {
      maxDeliveries: 3,
      ackTimeoutMs: 1_800_000,
    });
    assert.deepEqual(
      await of({
        arguments: { 'x-delivery-limit': 20 },
        effective_policy_definition: { 'delivery-limit': 2 },
      }),
      { maxDeliveries: 3, ackTimeoutMs: 1_800_000 },
    );
    assert.deepEqual(await of({ delivery_limit: 20, effective_policy_definition: [] }), {
      maxDeliveries: 21,
      ackTimeoutMs: 1_800_000,
    });
    assert.deepEqual(await of({ type: 'classic', arguments: { 'x-delivery-limit': 4 } }), {
      maxDeliveries: null,
      ackTimeoutMs: 1_800_000,
    });
  });

  void it('wrong credentials, a wrong virtual host and a missing queue are fatal, and say what to mend', async (t) => {
    const known = { RABBITMQ_USER: 'guest', RABBITMQ_PASSWORD: SECRET };
    await refuses(
      () => openQueue(server, 'x', {}, known).depth('blue'),
      'fatal',
      /check RABBITMQ_USER and RABBITMQ_PASSWORD; the user needs the tag `monitoring`/,
    );
    const management = await told(t, queue);
    await refuses(
      () => openQueue({ ...server, management }, 'x', {}, known).depth('blue'),
      'fatal',
      /^amqp:.*: it refuses its user: check RABBITMQ_USER and RABBITMQ_PASSWORD/,
    );
    await refuses(
      () =>
        openQueue({ ...server, management }, 'x', { url: `amqp://127.0.0.1:${server.port}/none` }).depth(
          'blue',
        ),
      'fatal',
      /it refuses the virtual host/,
    );
    await refuses(
      () => openQueue({ ...server, management }, 'x').depth('blue'),
      'fatal',
      /it has no such queue: check the queues of both colors/,
    );
    await refuses(
      () => openQueue(server, 'x').depth('blue'),
      'fatal',
      /it has no queue x-blue(-dead)? in virtual/,
    );
    await refuses(
      async () => openQueue({ ...server, management: await told(t, ['a page']) }, 'x').depth('blue'),
      'fatal',
      /no management API of RabbitMQ/,
    );
  });

  void it('says where it asked and why nothing came', async (t) => {
    const management = await told(t, queue);
    await refuses(
      () => openQueue({ port: 9, management }, 'x').depth('blue'),
      'retry',
      /^amqp:\/\/127.0.0.1:9: nothing listens there/,
    );
    await refuses(
      () =>
        openQueue({ ...server, management }, 'x', { url: `amqps://127.0.0.1:${server.port}` }).depth('blue'),
      'fatal',
      /^amqps:.*: it speaks no TLS that fits: amqps:\/\/ or amqp:\/\/\?/,
    );
    await refuses(
      () => openQueue({ ...server, management: 'http://127.0.0.1:9' }, 'x').depth('blue'),
      'retry',
      /^http:\/\/127.0.0.1:9/,
    );
    for (const options of [
      { url: `amqp://me:${SECRET}@host` },
      { url: 'http://host' },
      { management: 'amqp://host' },
      { blue: { queue: '' } },
    ])
      assert.throws(() => openQueue({ port: 9, management }, 'x', options), UserError);
    assert.throws(
      () => openQueue({ port: 9, management }, 'x', { management: undefined }),
      /RABBITMQ_MANAGEMENT_URL/,
    );
    assert.throws(
      () =>
        openQueue(
          { port: 9, management },
          'x',
          { management: undefined },
          { RABBITMQ_MANAGEMENT_URL: `https://me:${SECRET}@host` },
        ),
      (error) =>
        error instanceof UserError &&
        error.message.startsWith('RABBITMQ_MANAGEMENT_URL is no address') &&
        !error.message.includes(SECRET),
    );
  });

  void it('finds the virtual host `/` as it is usually written, and one with a slash in its name', async (t) => {
    const asked: string[] = [];
    const stub = createServer(({ url = '' }, response) => {
      asked.push(url);
      response.end(JSON.stringify(queue));
    });
    stub.listen(0, '127.0.0.1');
    await once(stub, 'listening');
    t.after(() => stub.close());
    const management = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
    for (const vhost of ['%2F', '%2fjobs'])
      await openQueue({ port: 9, management }, 'x', { url: `amqp://127.0.0.1/${vhost}` }).retryPolicy('blue');
    assert.deepEqual(
      asked.map((url) => url.replace(/\/x-blue.*/, '')),
      ['/api/queues/%2F', '/api/queues/%2Fjobs'],
    );
  });
});
