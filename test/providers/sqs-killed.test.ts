/** Workers that move jobs on SQS and are killed in the middle, through a slow line. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { KILLED_TITLE, killMovers, KILLS } from '../support/killed-movers.ts';
import { SQS_ENV, startSqsBroker } from '../support/sqs-broker.ts';
import { pair, take } from '../support/sqs-pair.ts';

/** In hand at once: lanes by jobs of a call. */
const IN_HAND = 160;
const BATCH = 10;

void it(`${KILLED_TITLE}: none is lost, and by their keys none is done twice`, async (t) => {
  const broker = await startSqsBroker();
  t.after(() => broker.close());
  const { port, urls, dead } = await pair(broker, 'standard');
  const repeats = await killMovers(
    t,
    {
      port,
      ref: { use: 'sqs', ...urls, deadLetter: dead, endpoint: broker.endpoint },
      proxy: {
        delay: (ms) => {
          broker.latencyMs = ms;
        },
      },
      async send(color, jobs) {
        const calls: Promise<unknown>[] = [];
        for (let at = 0; at < jobs.length; at += BATCH) {
          const Entries = jobs.slice(at, at + BATCH).map(({ body, key }, index) => ({
            Id: String(index),
            MessageBody: body,
            MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: key ?? '' } },
          }));
          calls.push(broker.client.send(new SendMessageBatchCommand({ QueueUrl: urls[color], Entries })));
        }
        await Promise.all(calls);
      },
      async receive(color) {
        broker.latencyMs = 0;
        return (await take(broker, urls[color])).map(({ Body = '', MessageAttributes }) => ({
          body: Body,
          key: MessageAttributes?.['idempotency-key']?.StringValue ?? null,
        }));
      },
    },
    SQS_ENV,
  );
  assert.ok(repeats <= KILLS * IN_HAND);
});
