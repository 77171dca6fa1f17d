/** SQS (fauxqs) at the far end of a slow line, both in a process of their own: `sqs.ts --serve <latency, ms>`. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { sqsQueue } from '../../src/providers/sqs/index.ts';
import { SQS_ENV, startSqsBroker } from '../../test/support/sqs-broker.ts';
import { SCOPE } from '../../test/support/sqs-pair.ts';
import { moveAll, type Contestant, type Setting } from './contest.ts';

const BATCH = 10;

/** An SQS at the far end of the line. */
interface Far {
  readonly endpoint: string;
  readonly client: SQSClient;
}

async function create(broker: Far, name: string): Promise<string> {
  const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const made = await broker.client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  return made.QueueUrl ?? '';
}

async function fill(broker: Far, url: string, count: number, groups: number): Promise<void> {
  const isFifo = url.endsWith('.fifo');
  const batches: Promise<unknown>[] = [];
  for (let at = 0; at < count; at += BATCH) {
    const Entries = Array.from({ length: Math.min(BATCH, count - at) }, (_, index) => ({
      Id: String(index),
      MessageBody: `{"job":${at + index}}`,
      ...(isFifo
        ? { MessageGroupId: `g${(at + index) % groups}`, MessageDeduplicationId: `d${at + index}` }
        : {}),
    }));
    batches.push(broker.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })));
    // In order of the groups: one after another there, side by side else.
    if (isFifo || batches.length % 20 === 0) await Promise.all(batches);
  }
  await Promise.all(batches);
}

async function serially(broker: Far, from: string, to: string): Promise<number> {
  const isFifo = to.endsWith('.fifo');
  let moved = 0;
  for (;;) {
    const { Messages = [] } = await broker.client.send(
      new ReceiveMessageCommand({
        QueueUrl: from,
        MaxNumberOfMessages: isFifo ? 1 : BATCH,
        MessageSystemAttributeNames: ['MessageGroupId'],
      }),
    );
    if (Messages.length === 0) return moved;
    await broker.client.send(
      new SendMessageBatchCommand({
        QueueUrl: to,
        Entries: Messages.map(({ Body, Attributes, MessageId }, index) => ({
          Id: String(index),
          MessageBody: Body,
          ...(isFifo
            ? { MessageGroupId: Attributes?.MessageGroupId, MessageDeduplicationId: MessageId }
            : {}),
        })),
      }),
    );
    await broker.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: from,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
    moved += Messages.length;
  }
}

/** Standard queues, or FIFO ones with so many groups. */
export async function sqs({ latencyMs }: Setting, groups: number | null): Promise<Contestant> {
  const far = fork(fileURLToPath(import.meta.url), ['--serve', String(latencyMs)]);
  const endpoint = await new Promise<string>((resolve) => {
    far.once('message', (told) => resolve(told as string));
  });
  const credentials = {
    accessKeyId: SQS_ENV.AWS_ACCESS_KEY_ID,
    secretAccessKey: SQS_ENV.AWS_SECRET_ACCESS_KEY,
  };
  const broker = { endpoint, client: new SQSClient({ endpoint, region: SQS_ENV.AWS_REGION, credentials }) };
  const suffix = groups === null ? '' : '.fifo';
  let rounds = 0;
  const queues = async (count: number): Promise<readonly [string, string]> => {
    rounds += 1;
    const [from, to] = [
      await create(broker, `from-${rounds}${suffix}`),
      await create(broker, `to-${rounds}${suffix}`),
    ];
    await fill(broker, from, count, groups ?? 1);
    return [from, to];
  };
  return {
    name: groups === null ? 'sqs, standard' : `sqs, FIFO with ${groups} groups`,
    async serially(count) {
      const [from, to] = await queues(count);
      return () => serially(broker, from, to);
    },
    async ours(count) {
      const [blue, green] = await queues(count);
      return () => moveAll(sqsQueue({ use: 'sqs', blue, green, endpoint }, SCOPE));
    },
    async close() {
      broker.client.destroy();
      far.kill();
    },
  };
}

if (process.argv[2] === '--serve') {
  const broker = await startSqsBroker();
  broker.latencyMs = Number(process.argv[3]);
  process.send?.(broker.endpoint);
  process.once('disconnect', () => process.exit(0));
}
