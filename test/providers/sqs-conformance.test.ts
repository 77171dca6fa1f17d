/** The contract of `QueuePort`, kept by every kind of SQS queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, SendMessageCommand, type SendMessageCommandInput } from '@aws-sdk/client-sqs';
import type { Color } from '../../src/domain/color.ts';
import { type Job, queuePortSuite } from '../../src/conformance/queue.ts';
import { startSqsBroker } from '../support/sqs-broker.ts';
import { KINDS, pair, take } from '../support/sqs-pair.ts';

for (const kind of KINDS) {
  queuePortSuite(`sqs, ${kind} queues`, async () => {
    const broker = await startSqsBroker();
    const { urls, names, dead, port } = await pair(broker, kind);
    const refusing = new Set<Color>();
    let isLosing = false;
    broker.judge = ({ action, queue }) => {
      if (isLosing && action === 'SendMessageBatch') {
        isLosing = false;
        return 'lose';
      }
      return action === 'SendMessageBatch' && [...refusing].some((color) => names[color] === queue)
        ? { code: 'AccessDenied' }
        : 'pass';
    };
    let sent = 0;
    const send = async (url: string, jobs: readonly Job[], more: Partial<SendMessageCommandInput> = {}) => {
      for (const { body, key } of jobs) {
        sent += 1;
        await broker.client.send(
          new SendMessageCommand({
            QueueUrl: url,
            MessageBody: body,
            ...(key === null
              ? {}
              : { MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: key } } }),
            ...(kind === 'standard' ? {} : { MessageGroupId: `g${sent % 3}` }),
            ...(kind === 'fifo' ? { MessageDeduplicationId: key ?? body } : {}),
            ...more,
          }),
        );
      }
    };
    return {
      port,
      send: (color, jobs) => send(urls[color], jobs),
      async receive(color) {
        return (await take(broker, urls[color])).map(({ Body, MessageAttributes }) => ({
          body: Body ?? '',
          key: MessageAttributes?.['idempotency-key']?.StringValue ?? null,
        }));
      },
      async hold(color) {
        await broker.client.send(
          new ReceiveMessageCommand({ QueueUrl: urls[color], MaxNumberOfMessages: 1 }),
        );
      },
      // A FIFO queue takes no delay for a single message.
      ...(kind === 'fifo'
        ? {}
        : {
            delayed: {
              send: (color, jobs) => send(urls[color], jobs, { DelaySeconds: 1 }),
              pass: () => sleep(1100),
            },
          }),
      async bury(color, job) {
        await send(dead[color], [job]);
      },
      refuse(color, isRefusing) {
        if (isRefusing) refusing.add(color);
        else refusing.delete(color);
      },
      loseAnswer() {
        isLosing = true;
      },
      close: () => broker.close(),
    };
  });
}
