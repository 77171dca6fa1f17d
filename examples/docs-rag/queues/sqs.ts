/**
 * SQS on loopback: fauxqs behind the official AWS SDK, one queue and one dead-letter queue for each color.
 *
 * Invariant: both colors' queues have the same retry policy; fauxqs itself binds to every interface, so its
 * application is built here and bound to 127.0.0.1.
 */
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message, QueueAttributeName } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { COLORS } from '../../../src/domain/color.ts';
import type { Color } from '../../../src/domain/color.ts';
import type { Delivery, JobQueues, MadeQueues, QueueCounts, RetryRule, SqsPlace } from './job-queue.ts';

const SQS_REGION = 'us-east-1';

/** A client for the local broker; fauxqs checks no credentials, the SDK insists on some. */
export function sqsClient(endpoint: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: SQS_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

export async function makeQueues({ port }: { port: number }, rule: RetryRule): Promise<MadeQueues> {
  const app = buildApp({ logger: false, defaultRegion: SQS_REGION });
  const endpoint = (await app.listen({ port, host: '127.0.0.1' })).replace(/\/$/, '');
  const sqs = sqsClient(endpoint);
  const place: SqsPlace = {
    use: 'sqs',
    endpoint,
    blue: await makePair(sqs, 'blue', rule),
    green: await makePair(sqs, 'green', rule),
  };
  return {
    place,
    plan: queuePlan(place),
    counts: () =>
      Promise.all(
        COLORS.flatMap((color) => {
          const { name, url, dlqName, dlqUrl } = place[color];
          return [count(sqs, name, url), count(sqs, dlqName, dlqUrl)];
        }),
      ),
    close: async () => {
      sqs.destroy();
      await app.close();
    },
  };
}

async function makePair(sqs: SQSClient, color: Color, rule: RetryRule): Promise<SqsPlace['blue']> {
  const create = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
    const made = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    if (made.QueueUrl === undefined) throw new Error(`no URL for queue ${QueueName}`);
    return made.QueueUrl;
  };
  const name = `jobs-${color}`;
  const dlqName = `${name}-dlq`;
  const dlqUrl = await create(dlqName, {});
  const dlq = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ['QueueArn'] }),
  );
  const url = await create(name, {
    VisibilityTimeout: String(rule.visibilityTimeoutS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: dlq.Attributes?.['QueueArn'],
      maxReceiveCount: rule.maxReceives,
    }),
  });
  return { name, url, dlqName, dlqUrl };
}

async function count(sqs: SQSClient, name: string, QueueUrl: string): Promise<QueueCounts> {
  const answer = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  const n = (key: QueueAttributeName): number => Number(answer.Attributes?.[key] ?? 0);
  return {
    name,
    ready: n('ApproximateNumberOfMessages'),
    inFlight: n('ApproximateNumberOfMessagesNotVisible'),
    delayed: n('ApproximateNumberOfMessagesDelayed'),
  };
}

export function openQueues(place: SqsPlace, { visibilityTimeoutS }: RetryRule): JobQueues {
  const sqs = sqsClient(place.endpoint);
  const deliveryOf = (QueueUrl: string, { Body, ReceiptHandle }: Message): Delivery => {
    const handOutIn = async (VisibilityTimeout: number): Promise<void> => {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    };
    return {
      body: Body ?? '',
      done: async () => {
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      },
      giveBack: () => handOutIn(0),
      keep: () => handOutIn(visibilityTimeoutS),
    };
  };
  return {
    async send(to, key, MessageBody) {
      const MessageAttributes = { 'idempotency-key': { DataType: 'String', StringValue: key } };
      await sqs.send(new SendMessageCommand({ QueueUrl: place[to].url, MessageBody, MessageAttributes }));
    },
    async take(from, handle) {
      const QueueUrl = place[from].url;
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      await Promise.all(messages.map((message) => handle(deliveryOf(QueueUrl, message))));
    },
    close: async () => sqs.destroy(),
  };
}

function queuePlan({ endpoint, blue, green }: SqsPlace): Record<string, unknown> {
  return {
    use: 'sqs',
    blue: blue.url,
    green: green.url,
    endpoint,
    deadLetter: { blue: blue.dlqUrl, green: green.dlqUrl },
    consistencyLagMs: 0,
  };
}
