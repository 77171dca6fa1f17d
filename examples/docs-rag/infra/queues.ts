/**
 * SQS on loopback: fauxqs behind the official AWS SDK, one queue and one dead-letter queue for each color.
 *
 * Invariant: both colors' queues have the same retry policy; fauxqs itself binds to every interface, so its
 * application is built here and bound to 127.0.0.1.
 */
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { QueueAttributeName } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { COLORS } from '../../../src/domain/color.ts';
import type { Color } from '../../../src/domain/color.ts';

export const SQS_REGION = 'us-east-1';

export interface QueueInfo {
  readonly name: string;
  readonly url: string;
  readonly dlqName: string;
  readonly dlqUrl: string;
}

export interface QueueCounts {
  readonly name: string;
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface Queues {
  readonly endpoint: string;
  readonly byColor: Readonly<Record<Color, QueueInfo>>;
  counts(): Promise<readonly QueueCounts[]>;
  close(): Promise<void>;
}

/** A client for the local broker; fauxqs checks no credentials, the SDK insists on some. */
export function sqsClient(endpoint: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: SQS_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

export async function startQueues(options: {
  port: number;
  visibilityTimeoutS: number;
  maxReceives: number;
}): Promise<Queues> {
  const app = buildApp({ logger: false, defaultRegion: SQS_REGION });
  const endpoint = (await app.listen({ port: options.port, host: '127.0.0.1' })).replace(/\/$/, '');
  const sqs = sqsClient(endpoint);

  const create = async (name: string, attributes: Record<string, string>): Promise<string> => {
    const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    if (made.QueueUrl === undefined) throw new Error(`no URL for queue ${name}`);
    return made.QueueUrl;
  };
  const pair = async (color: Color): Promise<QueueInfo> => {
    const name = `jobs-${color}`;
    const dlqName = `${name}-dlq`;
    const dlqUrl = await create(dlqName, {});
    const dlq = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ['QueueArn'] }),
    );
    const url = await create(name, {
      VisibilityTimeout: String(options.visibilityTimeoutS),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: dlq.Attributes?.['QueueArn'],
        maxReceiveCount: options.maxReceives,
      }),
    });
    return { name, url, dlqName, dlqUrl };
  };
  const byColor = { blue: await pair('blue'), green: await pair('green') };

  const count = async (name: string, url: string): Promise<QueueCounts> => {
    const answer = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
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
  };
  return {
    endpoint,
    byColor,
    counts: () =>
      Promise.all(
        COLORS.flatMap((color) => {
          const q = byColor[color];
          return [count(q.name, q.url), count(q.dlqName, q.dlqUrl)];
        }),
      ),
    close: async () => {
      sqs.destroy();
      await app.close();
    },
  };
}
