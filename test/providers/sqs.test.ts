import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import type { ProviderScope, QueuePort } from '../../src/ports/index.ts';
import { sqsQueue } from '../../src/providers/sqs/index.ts';

interface Job {
  readonly body: string;
  readonly key: string | null;
}

// `startFauxqs` listens on every interface; the app underneath can be kept on loopback.
const app = buildApp({ logger: false });
const server = { address: '' };
let client: SQSClient;
let count = 0;

const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
const scope: ProviderScope = {
  service: 'docs',
  from: 'blue',
  to: 'green',
  entry: [],
  colorUrls: { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:1' },
  env,
};

before(async () => {
  server.address = await app.listen({ port: 0, host: '127.0.0.1' });
  client = new SQSClient({
    endpoint: server.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
after(async () => {
  client.destroy();
  await app.close();
});

async function create(name: string, attributes: Record<string, string> = {}): Promise<string> {
  const made = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return made.QueueUrl ?? '';
}

async function makeQueues(suffix = '', attributes: Record<string, string> = {}) {
  count += 1;
  const urls = {
    blue: await create(`jobs-blue-${count}${suffix}`, attributes),
    green: await create(`jobs-green-${count}${suffix}`, attributes),
  };
  const port = sqsQueue({ use: 'sqs', ...urls, endpoint: server.address }, scope);
  return { urls, port };
}

async function send(url: string, jobs: readonly Job[]): Promise<void> {
  for (const { body, key } of jobs) {
    await client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        ...(key === null
          ? {}
          : { MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: key } } }),
      }),
    );
  }
}

void describe('sqs', () => {
  void it('carries other attributes, binary ones too', async () => {
    const { urls, port } = await makeQueues();
    await client.send(
      new SendMessageCommand({
        QueueUrl: urls.blue,
        MessageBody: 'x',
        MessageAttributes: {
          trace: { DataType: 'String', StringValue: 't1' },
          raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
        },
      }),
    );
    await port.move('blue', 'green', { idempotencyKey: 'r', maxMessages: 50 });
    const got = await client.send(
      new ReceiveMessageCommand({ QueueUrl: urls.green, MessageAttributeNames: ['All'] }),
    );
    const attributes = got.Messages?.[0]?.MessageAttributes;
    assert.equal(attributes?.['trace']?.StringValue, 't1');
    assert.deepEqual([...(attributes?.['raw']?.BinaryValue ?? [])], [1, 2]);
  });

  void it('reads the retry policy and counts the dead-letter queue', async () => {
    const { urls } = await makeQueues();
    const dead = await create(`dead-${count}`);
    const limited = await create(`limited-${count}`, {
      VisibilityTimeout: '45',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:dead-${count}`,
        maxReceiveCount: 4,
      }),
    });
    await send(dead, [{ body: 'poison', key: null }]);
    const port = sqsQueue(
      {
        use: 'sqs',
        blue: limited,
        green: urls.green,
        deadLetter: { blue: dead, green: dead },
        endpoint: server.address,
      },
      scope,
    );
    assert.deepEqual(await port.retryPolicy('blue'), { maxDeliveries: 4, ackTimeoutMs: 45_000 });
    assert.equal((await port.depth('blue')).dead, 1);
  });

  void it('counts lag a minute on AWS and not at all on a local endpoint, unless the plan says otherwise', () => {
    const urls = {
      use: 'sqs',
      blue: 'https://sqs.eu-west-1.amazonaws.com/1/b',
      green: 'https://sqs.eu-west-1.amazonaws.com/1/g',
    };
    const lag = (port: QueuePort): number => port.capabilities.consistencyLagMs;
    assert.equal(lag(sqsQueue(urls, scope)), 60_000);
    assert.equal(
      lag(sqsQueue(urls, { ...scope, env: { ...env, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:65499' } })),
      0,
    );
    assert.equal(lag(sqsQueue({ ...urls, consistencyLagMs: 5 }, scope)), 5);
  });

  void it('a missing queue is fatal, an unreachable broker is retried', async () => {
    const { urls, port: _ } = await makeQueues();
    const gone = sqsQueue(
      { use: 'sqs', blue: `${urls.blue}-gone`, green: urls.green, endpoint: server.address },
      scope,
    );
    await assert.rejects(
      gone.depth('blue'),
      (e) => e instanceof ProviderError && e.kind === 'fatal' && /not exist/.test(e.message),
    );
    const down = sqsQueue({ use: 'sqs', ...urls, endpoint: 'http://127.0.0.1:65499' }, scope);
    await assert.rejects(down.depth('blue'), (e) => e instanceof ProviderError && e.kind === 'retry');
  });

  void it('names the option that is wrong', () => {
    assert.throws(
      () => sqsQueue({ use: 'sqs', blue: 'nope' }, scope),
      (e) => e instanceof UserError && /blue/.test(e.message),
    );
    const urls = { blue: 'http://127.0.0.1/1/blue', green: 'http://127.0.0.1/1/green' };
    // A poll of an empty queue takes a second: with less a move would never find it empty.
    assert.throws(
      () => sqsQueue({ use: 'sqs', ...urls, timeoutMs: 1000 }, scope),
      (e) => e instanceof UserError && /timeoutMs/.test(e.message),
    );
  });
});
