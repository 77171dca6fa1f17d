/** A pair of queues on a test broker, with their dead-letter queue and the port over them; jobs go in and out past the port. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Color } from '../../src/domain/color.ts';
import type { ProviderScope, QueuePort } from '../../src/ports/index.ts';
import { sqsQueue } from '../../src/providers/sqs/index.ts';
import { SQS_ENV, type SqsBroker, type SqsCall, type Verdict } from './sqs-broker.ts';

export type Kind = 'standard' | 'fair' | 'fifo';
export const KINDS: readonly Kind[] = ['standard', 'fair', 'fifo'];
export const JOBS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;

export const SCOPE: ProviderScope = {
  service: 'docs',
  from: 'blue',
  to: 'green',
  entry: [],
  colorUrls: { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:1' },
  env: SQS_ENV,
};

let count = 0;

export interface Pair {
  readonly kind: Kind;
  readonly urls: Readonly<Record<Color, string>>;
  readonly names: Readonly<Record<Color, string>>;
  /** Dead-letter queue of each color. */
  readonly dead: Readonly<Record<Color, string>>;
  readonly port: QueuePort;
}

export async function pair(
  broker: SqsBroker,
  kind: Kind,
  options: { maxReceives?: number; attributes?: Record<string, string> } = {},
): Promise<Pair> {
  count += 1;
  const id = `${process.pid}-${count}`;
  const suffix = kind === 'fifo' ? '.fifo' : '';
  const create = async (name: string, more: Record<string, string>): Promise<string> => {
    const Attributes = { ...(kind === 'fifo' ? { FifoQueue: 'true' } : {}), ...more };
    return (await broker.client.send(new CreateQueueCommand({ QueueName: name, Attributes }))).QueueUrl ?? '';
  };
  const make = async (color: Color): Promise<{ name: string; url: string; dead: string }> => {
    const name = `${color}-${id}${suffix}`;
    const dead = `${color}-dead-${id}${suffix}`;
    const deadUrl = await create(dead, {});
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${dead}`,
      maxReceiveCount: options.maxReceives,
    });
    const redrive = options.maxReceives === undefined ? {} : { RedrivePolicy };
    return { name, url: await create(name, { ...redrive, ...options.attributes }), dead: deadUrl };
  };
  const [blue, green] = [await make('blue'), await make('green')];
  const urls = { blue: blue.url, green: green.url };
  const names = { blue: blue.name, green: green.name };
  const dead = { blue: blue.dead, green: green.dead };
  const ref = { use: 'sqs', ...urls, deadLetter: dead, endpoint: broker.endpoint };
  return { kind, urls, names, dead, port: sqsQueue(ref, SCOPE) };
}

export async function send(
  broker: SqsBroker,
  { kind, urls }: Pair,
  color: Color,
  jobs: readonly string[],
  groups = 2,
): Promise<void> {
  for (const [index, job] of jobs.entries()) {
    await broker.client.send(
      new SendMessageCommand({
        QueueUrl: urls[color],
        MessageBody: job,
        MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: `key-${job}` } },
        ...(kind === 'standard' ? {} : { MessageGroupId: `g${index % groups}` }),
        ...(kind === 'fifo' ? { MessageDeduplicationId: `key-${job}` } : {}),
      }),
    );
  }
}

export async function take(broker: SqsBroker, url: string): Promise<readonly Message[]> {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await broker.client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return all;
    for (const one of Messages) {
      all.push(one);
      await broker.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: one.ReceiptHandle }));
    }
  }
}

export const bodies = (messages: readonly Message[]): readonly string[] =>
  messages.map((one) => one.Body ?? '').sort();
export const isSendTo = (call: SqsCall, queue: string): boolean =>
  call.action === 'SendMessageBatch' && call.queue === queue;

export async function judged<T>(
  broker: SqsBroker,
  judge: (call: SqsCall) => Verdict,
  body: () => Promise<T>,
): Promise<T> {
  broker.judge = judge;
  try {
    return await body();
  } finally {
    broker.judge = () => 'pass';
  }
}
