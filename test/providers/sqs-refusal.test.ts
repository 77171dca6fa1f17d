/** A target that refuses: known with as few receives as can be, nothing lost, no job driven into the dead-letter queue. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sqsQueue } from '../../src/providers/sqs/index.ts';
import { startSqsBroker, type SqsBroker } from '../support/sqs-broker.ts';
import { bodies, isSendTo, JOBS, judged, KINDS, pair, SCOPE, send, take } from '../support/sqs-pair.ts';

const context = { idempotencyKey: 'run/move', maxMessages: 100 };

let broker: SqsBroker;
before(async () => {
  broker = await startSqsBroker();
});
after(() => broker.close());

for (const kind of KINDS) {
  void describe(`a refusing target of a ${kind} queue`, () => {
    void it('give back at once what the target refuses, and never near the dead-letter queue (F17)', async () => {
      const one = await pair(broker, kind, { maxReceives: 4 });
      await send(broker, one, 'blue', JOBS);
      for (const code of ['AccessDenied', 'KmsAccessDenied', 'KmsDisabled']) {
        const { moved, refused } = await judged(
          broker,
          (call) => (isSendTo(call, one.names.green) ? { code } : 'pass'),
          () => one.port.move('blue', 'green', context),
        );
        assert.equal(moved, 0);
        assert.equal(refused?.jobs, 1, 'one job finds it out for all');
        assert.match(
          refused?.why ?? '',
          new RegExp(`${one.names.green}.* ${code}|${one.names.green}.*${code}`),
        );
        const { ready, inFlight, dead } = await one.port.depth('blue');
        assert.deepEqual({ ready, inFlight, dead }, { ready: JOBS.length, inFlight: 0, dead: 0 });
      }
      assert.deepEqual(await one.port.move('blue', 'green', context), { moved: JOBS.length });
    });

    void it('say when one more try could cost a job (F17)', async () => {
      const one = await pair(broker, kind, { maxReceives: 3 });
      await send(broker, one, 'blue', ['a']);
      const tries: boolean[] = [];
      for (let index = 0; index < 2; index += 1) {
        const { refused } = await judged(
          broker,
          (call) => (isSendTo(call, one.names.green) ? { code: 'AccessDenied' } : 'pass'),
          () => one.port.move('blue', 'green', context),
        );
        tries.push(refused?.isLastTry ?? false);
      }
      assert.deepEqual(tries, [false, true]);
      assert.deepEqual(bodies(await take(broker, one.urls.blue)), ['a']);
    });

    void it('take what the target takes and leave single jobs that it refuses (F17)', async () => {
      const one = await pair(broker, kind, { maxReceives: 5 });
      await send(broker, one, 'blue', JOBS, JOBS.length);
      const { moved, refused } = await judged(
        broker,
        (call) => {
          const entries = (call.body['Entries'] ?? []) as { Id: string; MessageBody: string }[];
          const bad = isSendTo(call, one.names.green)
            ? entries.find((entry) => entry.MessageBody === 'c')
            : undefined;
          return bad === undefined ? 'pass' : { entries: { [bad.Id]: 'InvalidMessageContents' } };
        },
        () => one.port.move('blue', 'green', context),
      );
      assert.equal(moved, JOBS.length - 1);
      assert.equal(refused?.jobs, 1);
      assert.match(refused?.why ?? '', /InvalidMessageContents/);
      assert.deepEqual(bodies(await take(broker, one.urls.blue)), ['c']);
      assert.deepEqual(
        bodies(await take(broker, one.urls.green)),
        JOBS.filter((job) => job !== 'c'),
      );
    });

    void it('know before they receive that the target does not exist (F17)', async () => {
      const one = await pair(broker, kind);
      await send(broker, one, 'blue', JOBS);
      broker.calls.length = 0;
      const { moved, refused } = await judged(
        broker,
        (call) => (call.queue === one.names.green ? { code: 'QueueDoesNotExist' } : 'pass'),
        () => one.port.move('blue', 'green', context),
      );
      assert.equal(moved, 0);
      assert.match(refused?.why ?? '', /green.*does not exist/);
      assert.ok(broker.calls.every((call) => call.action !== 'ReceiveMessage'));
    });

    void it('leave a job that is larger than the target takes, and say its size (F17)', async () => {
      const one = await pair(broker, kind, { attributes: { MaximumMessageSize: '1024' } });
      await judged(
        broker,
        () => 'pass',
        async () => {
          const large = await pair(broker, kind);
          await send(broker, large, 'blue', ['x'.repeat(2000), 'small'], 2);
          const scope = {
            use: 'sqs',
            blue: large.urls.blue,
            green: one.urls.green,
            endpoint: broker.endpoint,
          };
          const port = sqsQueue(scope, SCOPE);
          const { moved, refused } = await port.move('blue', 'green', context);
          assert.equal(moved, 1);
          assert.match(refused?.why ?? '', /more than the 1024/);
          assert.equal((await port.depth('blue')).ready, 1);
        },
      );
    });
  });
}
