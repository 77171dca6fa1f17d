/**
 * How fast jobs move between two SQS queues through a slow line, against the serial way (receive, send, delete, one call after
 * another; one message a call for FIFO) over the same line in the same run.
 * The broker and the line run in a process of their own. Jobs a CPU second of the mover say what a busy machine hides.
 * Run: node --import tsx bench/queue-moves.ts [--jobs 6000] [--serial 500] [--latency 10] [--groups 50].
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { sqsQueue } from '../src/providers/sqs/index.ts';
import { SQS_ENV, startSqsBroker } from '../test/support/sqs-broker.ts';
import { SCOPE } from '../test/support/sqs-pair.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '6000' },
    serial: { type: 'string', default: '500' },
    latency: { type: 'string', default: '10' },
    groups: { type: 'string', default: '50' },
    serve: { type: 'boolean', default: false },
  },
});
const [jobs, serialJobs, latencyMs, groups] = [
  Number(values.jobs),
  Number(values.serial),
  Number(values.latency),
  Number(values.groups),
];
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

async function fill(broker: Far, url: string, count: number): Promise<void> {
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

async function sideBySide(broker: Far, blue: string, green: string): Promise<number> {
  const port = sqsQueue({ use: 'sqs', blue, green, endpoint: broker.endpoint }, SCOPE);
  let all = 0;
  for (;;) {
    const { moved } = await port.move('blue', 'green', { idempotencyKey: 'bench', maxMessages: 5000 });
    if (moved === 0) return all;
    all += moved;
  }
}

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

async function rateOf(
  broker: Far,
  suffix: string,
  count: number,
  move: (broker: Far, from: string, to: string) => Promise<number>,
): Promise<Rate> {
  const id = `${process.pid}-${move.name}`;
  const from = await create(broker, `from-${id}${suffix}`);
  const to = await create(broker, `to-${id}${suffix}`);
  await fill(broker, from, count);
  const [sinceMs, cpu] = [performance.now(), process.cpuUsage()];
  const moved = await move(broker, from, to);
  const seconds = (performance.now() - sinceMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (moved !== count) throw new Error(`${move.name}${suffix}: moved ${moved} of ${count}`);
  return { perSecond: moved / seconds, perCpuSecond: moved / ((user + system) / 1e6) };
}

async function measure(): Promise<void> {
  const far = fork(fileURLToPath(import.meta.url), ['--serve', '--latency', values.latency]);
  const endpoint = await new Promise<string>((resolve) =>
    far.once('message', (told) => resolve(told as string)),
  );
  const credentials = {
    accessKeyId: SQS_ENV.AWS_ACCESS_KEY_ID,
    secretAccessKey: SQS_ENV.AWS_SECRET_ACCESS_KEY,
  };
  const client = new SQSClient({ endpoint, region: SQS_ENV.AWS_REGION, credentials });
  const broker = { endpoint, client };
  try {
    for (const [kind, suffix] of [
      ['standard', ''],
      [`FIFO, ${groups} groups`, '.fifo'],
    ] as const) {
      const serial = await rateOf(broker, suffix, serialJobs, serially);
      const parallel = await rateOf(broker, suffix, jobs, sideBySide);
      const ratio = (parallel.perSecond / serial.perSecond).toFixed(1);
      process.stdout.write(
        `${kind}: ${Math.round(parallel.perSecond)} jobs/s side by side (${Math.round(parallel.perCpuSecond)} a CPU second), ` +
          `${Math.round(serial.perSecond)} jobs/s serially, ratio ${ratio}, ${values.latency} ms a call\n`,
      );
    }
  } finally {
    client.destroy();
    far.kill();
  }
}

if (values.serve) {
  const broker = await startSqsBroker();
  broker.latencyMs = latencyMs;
  process.send?.(broker.endpoint);
  process.once('disconnect', () => process.exit(0));
} else {
  await measure();
  process.exit(0);
}
