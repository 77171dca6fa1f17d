/** Two queues of a RabbitMQ broker as the suite of queues wants them: each environment has queues of its own. */
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connect, type ChannelModel, type Options } from 'amqplib';
import type { Job, QueueEnv } from '../../src/conformance/queue.ts';
import type { Color } from '../../src/domain/color.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { ProviderScope, QueuePort } from '../../src/ports/index.ts';
import { rabbitmqQueue } from '../../src/providers/rabbitmq/index.ts';
import { COUNTS_LAG_MS, type RabbitServer } from '../support/rabbitmq-server.ts';
import { until } from '../support/redis-server.ts';
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const LAG_MS = COUNTS_LAG_MS + 400;

export interface RabbitPair extends QueueEnv {
  readonly receive: (color: Color) => Promise<readonly Job[]>;
  readonly hold: (color: Color) => Promise<void>;
  readonly proxy: TcpProxy;
  /** As a plan names the two, through the proxy. */
  readonly ref: ProviderRef;
  /** Without waiting until the counts have come. */
  readonly atOnce: QueuePort;
  readonly queue: (name: string) => string;
  /** A policy for a color's queue; null takes it away. */
  readonly policy: (color: Color, definition: Readonly<Record<string, unknown>> | null) => Promise<void>;
}

export interface PairOptions {
  readonly type?: 'classic' | 'quorum';
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export function openQueue(
  server: Pick<RabbitServer, 'port' | 'management'>,
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  env: ProviderScope['env'] = {},
): QueuePort {
  return rabbitmqQueue(refTo(server, name, options), { env } as unknown as ProviderScope);
}

function refTo(
  { port, management }: Pick<RabbitServer, 'port' | 'management'>,
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): ProviderRef {
  const of = (color: Color): object => ({
    queue: `${name}-${color}`,
    deadLetterQueue: `${name}-${color}-dead`,
  });
  const url = `amqp://127.0.0.1:${port}`;
  return {
    use: 'rabbitmq',
    url,
    management,
    blue: of('blue'),
    green: of('green'),
    consistencyLagMs: LAG_MS,
    ...options,
  };
}

let pairs = 0;

export async function rabbitPair(server: RabbitServer, options: PairOptions = {}): Promise<RabbitPair> {
  const name = `jobs${process.pid}-${(pairs += 1)}`;
  const queue = (of: string): string => `${name}-${of}`;
  await server.use(async (channel) => {
    for (const color of ['blue', 'green'] as const) {
      await channel.assertQueue(`${queue(color)}-dead`);
      await channel.assertQueue(queue(color), {
        arguments: {
          'x-queue-type': options.type ?? 'classic',
          'x-dead-letter-exchange': '',
          'x-dead-letter-routing-key': `${queue(color)}-dead`,
          ...options.arguments,
        },
      });
    }
  });
  const proxy = await tcpProxy(server.port);
  const through = { port: proxy.port, management: server.management };
  const atOnce = openQueue(through, name);
  const inTime: QueuePort = {
    ...atOnce,
    async depth(color, signal) {
      await sleep(LAG_MS);
      return atOnce.depth(color, signal);
    },
  };
  // A queue that is new has no counts.
  await until(() =>
    Promise.all([atOnce.depth('blue'), atOnce.depth('green')]).then(
      () => true,
      () => false,
    ),
  );
  let holder: ChannelModel | null = null;
  /** What an operator did before the next move. */
  let done: Promise<void> = Promise.resolve();
  const policy: RabbitPair['policy'] = async (color, definition) => {
    const path = `/policies/%2F/${queue(color)}`;
    if (definition === null) await server.manage('DELETE', path);
    else {
      const pattern = `^${queue(color)}$`;
      await server.manage('PUT', path, { pattern, definition, 'apply-to': 'queues' });
    }
    await until(async () => {
      const facts = await server.manage('GET', `/queues/%2F/${queue(color)}`);
      const { effective_policy_definition: now = {} } = facts as { effective_policy_definition?: object };
      return isDeepStrictEqual({ ...now }, { ...definition });
    });
    // The queue itself hears of it a little later.
    await sleep(200);
  };
  const send = (color: Color, jobs: readonly Job[]): Promise<void> => publish(server, queue(color), jobs);
  return {
    proxy,
    ref: refTo(through, name),
    atOnce,
    queue,
    policy,
    port: {
      ...inTime,
      async move(from, to, context) {
        await done;
        return atOnce.move(from, to, context);
      },
    },
    send,
    receive: (color) => take(server, queue(color)),
    async hold(color) {
      holder ??= await connect({ hostname: '127.0.0.1', port: server.port, heartbeat: 0 });
      const channel = await holder.createChannel();
      await channel.get(queue(color));
    },
    bury: (color, job) => publish(server, `${queue(color)}-dead`, [job]),
    refuse(color, isRefusing) {
      done = policy(color, isRefusing ? { 'max-length': 0, overflow: 'reject-publish' } : null);
    },
    // The header of the key goes out with a job and with nothing else.
    loseAnswer: () => proxy.spoil('idempotency-key', 'lost'),
    async close() {
      await proxy.close();
      await holder?.close();
      await server.use(async (channel) => {
        for (const color of ['blue', 'green'] as const) {
          await channel.deleteQueue(queue(color));
          await channel.deleteQueue(`${queue(color)}-dead`);
        }
      });
    },
  };
}

/** Sent by a producer. */
export function publish(
  server: RabbitServer,
  queue: string,
  jobs: readonly Job[],
  options: Options.Publish = {},
): Promise<void> {
  return server.use(async (channel) => {
    for (const { body, key } of jobs) {
      const headers = key === null ? {} : { 'idempotency-key': key };
      channel.sendToQueue(queue, Buffer.from(body), { persistent: true, headers, ...options });
    }
    await channel.checkQueue(queue);
  });
}

/** Taken and acknowledged by a worker, until there is none. */
function take(server: RabbitServer, queue: string): Promise<readonly Job[]> {
  return server.use(async (channel) => {
    const jobs: Job[] = [];
    const { messageCount } = await channel.checkQueue(queue);
    if (messageCount === 0) return jobs;
    let tell: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await channel.prefetch(1000);
    await channel.consume(queue, (job) => {
      if (job === null) return;
      const key: unknown = job.properties.headers?.['idempotency-key'];
      jobs.push({ body: job.content.toString(), key: typeof key === 'string' ? key : null });
      channel.ack(job);
      if (jobs.length === messageCount) tell();
    });
    await all;
    await channel.checkQueue(queue);
    return jobs;
  });
}

/** One that ends with its test. */
export async function rabbitPairOf(
  t: TestContext,
  ...of: Parameters<typeof rabbitPair>
): Promise<RabbitPair> {
  const made = await rabbitPair(...of);
  t.after(async () => {
    await made.port.close?.();
    await made.close();
  });
  return made;
}
