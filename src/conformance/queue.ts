/**
 * What every `QueuePort` must do. Each test gets two fresh, empty queues.
 * `send` and `receive` stand for the service's producers and consumers, past the port.
 */
import assert from 'node:assert/strict';
import type { Color } from '../domain/color.ts';
import type { QueuePort } from '../ports/index.ts';
import { assertRetry, type Env, suite } from './suite.ts';

export interface Job {
  readonly body: string;
  /** Idempotency key the producer gave, or null when it gave none. */
  readonly key: string | null;
}

export interface QueueEnv extends Env {
  readonly port: QueuePort;
  readonly send: (color: Color, jobs: readonly Job[]) => Promise<void>;
  /** Takes and acknowledges what is visible. */
  receive(color: Color): Promise<readonly Job[]>;
  /** Takes one job without acknowledging it, as a consumer that works on it. Absent: the broker has no jobs in flight. */
  hold?(color: Color): Promise<void>;
  /** Enqueues jobs that are due later, and lets that time go by. Absent: the broker delays nothing. */
  readonly delayed?: {
    send(color: Color, jobs: readonly Job[]): Promise<void>;
    pass(): Promise<void>;
  };
  /** Puts a job into the color's dead-letter queue. Absent: the broker keeps none. */
  bury?(color: Color, job: Job): Promise<void>;
  /** From now on the color's queue refuses whatever is sent to it, or no longer. Absent: nobody can make it refuse. */
  refuse?(color: Color, isRefusing: boolean): void;
  /** The broker takes what the next `move` sends, and its answer is lost. Absent: nobody can take an answer away. */
  loseAnswer?(): void;
}

const HOPS: readonly (readonly [Color, Color])[] = [
  ['blue', 'green'],
  ['green', 'blue'],
  ['blue', 'green'],
  ['green', 'blue'],
];
const context = { idempotencyKey: 'run/move', maxMessages: 100 };

export function queuePortSuite(name: string, makeEnv: () => Promise<QueueEnv>): void {
  suite(`QueuePort: ${name}`, makeEnv, ({ rule, given }) => {
    rule('an empty queue has depth zero and an age of zero', async ({ port }) => {
      const depth = await port.depth('blue');
      assert.deepEqual(depth, { ready: 0, inFlight: 0, delayed: 0, dead: 0, oldestAgeMs: 0 });
    });

    rule('the two colors have queues of their own', async ({ port, send }) => {
      assert.notEqual(port.topic('blue'), port.topic('green'));
      await send('blue', [{ body: 'a', key: 'k1' }]);
      assert.equal((await port.depth('blue')).ready, 1);
      assert.equal((await port.depth('green')).ready, 0);
    });

    given(
      'hold',
      'a job that a consumer holds counts as in flight: the queue is not drained',
      async (env) => {
        await env.send('blue', [{ body: 'a', key: 'k1' }]);
        await env.hold('blue');
        const { ready, inFlight } = await env.port.depth('blue');
        assert.deepEqual({ ready, inFlight }, { ready: 0, inFlight: 1 });
      },
    );

    rule('moves bodies with the producer’s idempotency keys and leaves nothing behind', async (env) => {
      const jobs = Array.from({ length: 23 }, (_, i) => ({ body: `{"n":${i}}`, key: `key-${i}` }));
      await env.send('blue', jobs);
      assert.deepEqual(await env.port.move('blue', 'green', context), { moved: 23 });
      assert.equal((await env.port.depth('blue')).ready, 0);
      assert.deepEqual(byBody(await env.receive('green')), byBody(jobs));
    });

    rule('moves back the other way', async (env) => {
      await env.send('green', [{ body: 'a', key: 'k1' }]);
      assert.deepEqual(await env.port.move('green', 'blue', context), { moved: 1 });
      assert.deepEqual(await env.receive('blue'), [{ body: 'a', key: 'k1' }]);
    });

    rule('a job without a key gets one', async (env) => {
      await env.send('blue', [{ body: 'a', key: null }]);
      await env.port.move('blue', 'green', context);
      const [job] = await env.receive('green');
      assert.ok(job?.key);
    });

    rule('moves at most maxMessages', async (env) => {
      await env.send(
        'blue',
        Array.from({ length: 15 }, (_, i) => ({ body: `${i}`, key: `k${i}` })),
      );
      assert.deepEqual(await env.port.move('blue', 'green', { ...context, maxMessages: 12 }), { moved: 12 });
      assert.equal((await env.port.depth('blue')).ready, 3);
      assert.equal((await env.port.depth('green')).ready, 12);
    });

    given('hold', 'leaves alone what a consumer of the source is working on', async (env) => {
      await env.send('blue', [{ body: 'a', key: 'k1' }]);
      await env.hold('blue');
      assert.deepEqual(await env.port.move('blue', 'green', context), { moved: 0 });
      assert.equal((await env.port.depth('blue')).inFlight, 1);
    });

    rule('moving an empty queue moves nothing', async ({ port }) => {
      assert.deepEqual(await port.move('blue', 'green', context), { moved: 0 });
    });

    rule('carries jobs there, back, there again and back, whole and once (A3)', async (env) => {
      const jobs = Array.from({ length: 7 }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));
      await env.send('blue', jobs);
      for (const [from, to] of HOPS) {
        assert.deepEqual(await env.port.move(from, to, context), { moved: 7 }, `${from} → ${to}`);
        assert.equal((await env.port.depth(from)).ready, 0);
        assert.equal((await env.port.depth(to)).ready, 7);
      }
      assert.deepEqual(byBody(await env.receive('blue')), jobs);
    });

    rule(
      'a job enqueued twice under its key, once on each side, is still there on both hops (A3)',
      async (env) => {
        const job = { body: 'a', key: 'k1' };
        await env.send('blue', [job]);
        await env.port.move('blue', 'green', context);
        assert.deepEqual(await env.receive('green'), [job]);
        await env.send('green', [job]);
        await env.port.move('green', 'blue', context);
        const back = await env.receive('blue');
        assert.ok(back.length <= 1, 'a broker may know it for a repeat, the done-ledger does');
      },
    );

    given(
      'delayed',
      'a job that is not due yet is counted, and handed out in its time: it stays until then, or waits for the rest of it at the target',
      async (env) => {
        const job = { body: 'later', key: 'k1' };
        await env.delayed.send('blue', [job]);
        const { ready, delayed } = await env.port.depth('blue');
        assert.deepEqual({ ready, delayed }, { ready: 0, delayed: 1 });
        if (env.port.capabilities.movesDelayed === true) {
          assert.deepEqual(await env.port.move('blue', 'green', context), { moved: 1 });
          assert.equal((await env.port.depth('blue')).delayed, 0);
          const there = await env.port.depth('green');
          assert.deepEqual([there.ready, there.delayed], [0, 1], 'its delay is not over');
          await env.delayed.pass();
        } else {
          assert.deepEqual(await env.port.move('blue', 'green', context), { moved: 0 });
          await env.delayed.pass();
          assert.deepEqual(await env.port.move('blue', 'green', context), { moved: 1 });
          assert.equal((await env.port.depth('green')).ready, 1, 'its delay is over');
        }
        assert.deepEqual(await env.receive('green'), [job]);
      },
    );

    given('bury', 'leaves dead letters where they are, and counts them', async (env) => {
      await env.send('blue', [{ body: 'a', key: 'k1' }]);
      await env.bury('blue', { body: 'poison', key: 'k2' });
      await env.bury('green', { body: 'poison', key: 'k3' });
      for (const [from, to] of HOPS) {
        assert.deepEqual(await env.port.move(from, to, context), { moved: 1 });
        assert.equal((await env.port.depth('blue')).dead, 1);
        assert.equal((await env.port.depth('green')).dead, 1);
      }
    });

    rule(
      'tells an age that can be: none of an empty queue, never below zero, also after a move',
      async (env) => {
        await env.send('blue', [{ body: 'a', key: 'k1' }]);
        await env.port.move('blue', 'green', context);
        assert.equal((await env.port.depth('blue')).oldestAgeMs, 0);
        const { oldestAgeMs } = await env.port.depth('green');
        assert.ok(oldestAgeMs === null || (oldestAgeMs >= 0 && oldestAgeMs < 60_000), `${oldestAgeMs} ms`);
      },
    );

    given(
      'refuse',
      'a target that refuses loses nothing and is named; it takes the jobs later (F17)',
      async (env) => {
        const jobs = Array.from({ length: 7 }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));
        await env.send('blue', jobs);
        env.refuse('green', true);
        const { moved, refused } = await env.port.move('blue', 'green', context);
        assert.equal(moved, 0);
        assert.ok(refused?.why.includes(env.port.topic('green')), refused?.why);
        assert.equal((await env.port.depth('blue')).ready, 7, 'all are back at once');
        assert.equal((await env.port.depth('blue')).dead, 0);
        env.refuse('green', false);
        assert.deepEqual(await env.port.move('blue', 'green', context), { moved: 7 });
        assert.deepEqual(byBody(await env.receive('green')), jobs);
      },
    );

    given('loseAnswer', 'a move whose answer was lost loses no job; a repeat keeps its key', async (env) => {
      const jobs = Array.from({ length: 7 }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));
      await env.send('blue', jobs);
      env.loseAnswer();
      await env.port.move('blue', 'green', context).catch(assertRetry);
      for (let calls = 1; (await env.port.move('blue', 'green', context)).moved > 0; calls += 1)
        assert.ok(calls < 10, 'ten calls, and still something moves');
      const seen = [...(await env.receive('green')), ...(await env.receive('blue'))];
      assert.deepEqual(byBody([...new Map(seen.map((job) => [job.key, job])).values()]), jobs);
    });

    rule('reports the retry policy of both queues', async ({ port }) => {
      const [blue, green] = await Promise.all([port.retryPolicy('blue'), port.retryPolicy('green')]);
      assert.deepEqual(blue, green);
      assert.ok(blue.ackTimeoutMs > 0);
    });

    rule('says how long its counts may lag', async ({ port }) => {
      assert.ok(port.capabilities.consistencyLagMs >= 0);
    });
  });
}

function byBody(jobs: readonly Job[]): readonly Job[] {
  return [...jobs].sort((a, b) => (a.body < b.body ? -1 : 1));
}
