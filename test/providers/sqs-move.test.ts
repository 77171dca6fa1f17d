/**
 * Moves between SQS queues of every kind (standard, fair, FIFO) on every hop: there, back, and there again within the five minutes
 * in which a FIFO queue drops what it takes for a repeat; and with lost replies.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ChangeMessageVisibilityCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Color } from '../../src/domain/color.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import { sqsQueue } from '../../src/providers/sqs/index.ts';
import { startSqsBroker, type SqsBroker, type SqsCall } from '../support/sqs-broker.ts';
import { bodies, isSendTo, JOBS, judged, KINDS, pair, SCOPE, send, take } from '../support/sqs-pair.ts';

const HOPS: readonly (readonly [Color, Color])[] = [
  ['blue', 'green'],
  ['green', 'blue'],
  ['blue', 'green'],
  ['green', 'blue'],
];

const context = { idempotencyKey: 'run/move', maxMessages: 100 };

let broker: SqsBroker;
before(async () => {
  broker = await startSqsBroker();
});
after(() => broker.close());

for (const kind of KINDS) {
  void describe(`moves of a ${kind} queue`, () => {
    void it('there, back, there again and back within five minutes lose and repeat nothing (A3)', async () => {
      const one = await pair(broker, kind);
      await send(broker, one, 'blue', JOBS);
      for (const [from, to] of HOPS) {
        assert.deepEqual(await one.port.move(from, to, context), { moved: JOBS.length }, `${from} → ${to}`);
        assert.equal((await one.port.depth(from)).ready, 0);
        assert.equal((await one.port.depth(to)).ready, JOBS.length);
      }
      const back = await take(broker, one.urls.blue);
      assert.deepEqual(bodies(back), JOBS);
      for (const { Body, MessageAttributes } of back) {
        assert.equal(MessageAttributes?.['idempotency-key']?.StringValue, `key-${Body}`);
      }
    });

    void it('carry the group, and its order where the queue keeps one (A16)', async () => {
      const one = await pair(broker, kind);
      const jobs = Array.from({ length: 12 }, (_, index) => `job-${index}`);
      await send(broker, one, 'blue', jobs, 3);
      await one.port.move('blue', 'green', context);
      const moved = await take(broker, one.urls.green);
      assert.equal(moved.length, 12);
      const groups = moved.map((message) => message.Attributes?.MessageGroupId);
      const numbers = moved.map((message) => Number(message.Body?.slice(4)));
      const expected = numbers.map((number) => (kind === 'standard' ? undefined : `g${number % 3}`));
      assert.deepEqual(groups, expected);
      if (kind !== 'fifo') return;
      for (const group of ['g0', 'g1', 'g2']) {
        const own = numbers.filter((_, index) => groups[index] === group);
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
          `order in ${group}`,
        );
      }
    });

    void it('send again what a lost reply left open: nothing is lost, and FIFO takes it once (A3)', async () => {
      const one = await pair(broker, kind);
      await send(broker, one, 'blue', JOBS);
      for (const [from, to] of HOPS.slice(0, 3)) {
        let lost = 0;
        await judged(
          broker,
          (call) => (isSendTo(call, one.names[to]) && (lost += 1) === 1 ? 'lose' : 'pass'),
          async () => {
            await assert.rejects(
              one.port.move(from, to, context),
              (error) =>
                error instanceof ProviderError &&
                error.kind === 'retry' &&
                error.message.includes(one.names[to]),
            );
            await one.port.move(from, to, context);
          },
        );
        assert.equal((await one.port.depth(from)).ready, 0);
      }
      const got = bodies(await take(broker, one.urls.green));
      assert.deepEqual([...new Set(got)], JOBS);
      if (kind === 'fifo') assert.equal(got.length, JOBS.length);
    });

    void it('do not repeat what the source did not let them delete', async () => {
      const one = await pair(broker, kind);
      await send(broker, one, 'blue', JOBS);
      let refusals = 0;
      const isDelete = (call: SqsCall): boolean =>
        call.action === 'DeleteMessageBatch' && call.queue === one.names.blue;
      await judged(
        broker,
        (call) => (isDelete(call) && (refusals += 1) <= 2 ? { entries: { 0: 'InternalError' } } : 'pass'),
        () => one.port.move('blue', 'green', context),
      );
      assert.equal((await one.port.depth('blue')).inFlight, 1);
      const kept = broker.calls.find(isDelete)?.body['Entries'] as { ReceiptHandle: string }[];
      const QueueUrl = one.urls.blue;
      const ReceiptHandle = kept[0]?.ReceiptHandle;
      // As if its time in hand were over.
      await broker.client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      );
      await one.port.move('blue', 'green', context);
      assert.equal((await one.port.depth('blue')).ready, 0);
      assert.deepEqual(bodies(await take(broker, one.urls.green)), JOBS);
    });

    void it('carry how often consumers have received a job already (A16)', async () => {
      const one = await pair(broker, kind);
      await send(broker, one, 'blue', ['poison']);
      const failOnce = async (url: string): Promise<void> => {
        const { Messages: [got] = [] } = await broker.client.send(
          new ReceiveMessageCommand({ QueueUrl: url }),
        );
        await broker.client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: url,
            ReceiptHandle: got?.ReceiptHandle,
            VisibilityTimeout: 0,
          }),
        );
      };
      await failOnce(one.urls.blue);
      await failOnce(one.urls.blue);
      await one.port.move('blue', 'green', context);
      await failOnce(one.urls.green);
      await one.port.move('green', 'blue', context);
      const [job] = await take(broker, one.urls.blue);
      assert.equal(job?.MessageAttributes?.['cutover-receives']?.StringValue, '3');
    });
  });
}

void describe('moves between queues of two kinds', () => {
  for (const from of KINDS) {
    for (const to of KINDS) {
      void it(`${from} → ${to} and back: decided by the target (A16)`, async () => {
        const [source, target] = [await pair(broker, from), await pair(broker, to)];
        await send(broker, source, 'blue', JOBS);
        const ref = {
          use: 'sqs',
          blue: source.urls.blue,
          green: target.urls.green,
          endpoint: broker.endpoint,
        };
        const port = sqsQueue(ref, SCOPE);
        assert.deepEqual(await port.move('blue', 'green', context), { moved: JOBS.length });
        assert.deepEqual(await port.move('green', 'blue', context), { moved: JOBS.length });
        assert.deepEqual(bodies(await take(broker, source.urls.blue)), JOBS);
      });
    }
  }
});
