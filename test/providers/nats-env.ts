/** Two work queues of a NATS server as the suite of queues wants them: each environment has streams of its own. */
import type { TestContext } from 'node:test';
import type { StreamConfig } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Job, QueueEnv } from '../../src/conformance/queue.ts';
import type { Color } from '../../src/domain/color.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { ProviderScope, QueuePort } from '../../src/ports/index.ts';
import { natsQueue } from '../../src/providers/nats/index.ts';
import type { NatsQueue } from '../../src/providers/nats/depth.ts';
import type { NatsServer } from '../support/nats-server.ts';
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const MAX_DELIVER = 3;
const NS_PER_MS = 1_000_000;

export interface NatsPair extends QueueEnv {
  readonly receive: (color: Color) => Promise<readonly Job[]>;
  readonly hold: (color: Color) => Promise<void>;
  readonly bury: (color: Color, job: Job) => Promise<void>;
  readonly proxy: TcpProxy;
  /** As a plan names the two, through the proxy. */
  readonly ref: ProviderRef;
  readonly stream: (color: Color) => string;
  readonly queue: (color: Color) => NatsQueue;
  readonly change: (color: Color, config: Partial<StreamConfig>) => Promise<void>;
}

function refTo(
  at: { readonly port: number },
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): ProviderRef {
  const of = (color: Color): object => ({
    stream: `${name}-${color}`,
    subject: `${name}.${color}`,
    consumer: 'workers',
  });
  const url = `nats://127.0.0.1:${at.port}`;
  return { use: 'nats', url, blue: of('blue'), green: of('green'), ...options };
}

export function openQueue(
  at: { readonly port: number },
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  env: ProviderScope['env'] = {},
): QueuePort {
  return natsQueue(refTo(at, name, options), { env } as unknown as ProviderScope);
}

let pairs = 0;

/** @param ackWaitMs left out, nothing comes back by itself while a test runs */
export async function natsPair(
  server: NatsServer,
  ackWaitMs = 60_000,
  maxDeliver = MAX_DELIVER,
): Promise<NatsPair> {
  const name = `jobs${(pairs += 1)}`;
  const stream = (color: Color): string => `${name}-${color}`;
  await server.use(async (_, manager) => {
    for (const color of ['blue', 'green'] as const) {
      const subjects = [`${name}.${color}`];
      await manager.streams.add({ name: stream(color), subjects, retention: 'workqueue', storage: 'memory' });
      await manager.consumers.add(stream(color), {
        durable_name: 'workers',
        ack_policy: 'explicit',
        max_deliver: maxDeliver,
        ack_wait: ackWaitMs * NS_PER_MS,
      });
    }
  });
  const proxy = await tcpProxy(server.port);
  const port = openQueue(proxy, name);
  /** What an operator did before the next move. */
  let done: Promise<void> = Promise.resolve();
  const change: NatsPair['change'] = (color, config) =>
    server.use(async (_, manager) => void (await manager.streams.update(stream(color), config)));
  const send = (color: Color, jobs: readonly Job[]): Promise<void> =>
    server.use(async (js) => {
      for (const { body, key } of jobs) {
        const carries = headers();
        if (key !== null) carries.set('idempotency-key', key);
        await js.publish(`${name}.${color}`, body, {
          headers: carries,
          ...(key === null ? {} : { msgID: key }),
        });
      }
    });
  return {
    proxy,
    ref: refTo(proxy, name),
    stream,
    queue: (color) => ({ stream: stream(color), subject: `${name}.${color}`, consumer: 'workers' }),
    change,
    port: {
      ...port,
      async move(from, to, context) {
        await done;
        return port.move(from, to, context);
      },
    },
    send,
    receive: (color) =>
      server.use(async (js, manager) => {
        const { num_pending, num_ack_pending } = await manager.consumers.info(stream(color), 'workers');
        const jobs: Job[] = [];
        if (num_pending + num_ack_pending === 0) return jobs;
        const consumer = await js.consumers.get(stream(color), 'workers');
        for await (const job of await consumer.fetch({ max_messages: 200, expires: 1000 })) {
          jobs.push({ body: job.string(), key: job.headers?.get('idempotency-key') || null });
          await job.ackAck();
        }
        return jobs;
      }),
    hold: (color) =>
      server.use(
        async (js) => void (await (await js.consumers.get(stream(color), 'workers')).next({ expires: 1000 })),
      ),
    /** A job that fails as often as it may. */
    bury: async (color, poison) => {
      await send(color, [poison]);
      await server.use(async (js) => {
        const consumer = await js.consumers.get(stream(color), 'workers');
        const others = [];
        for (let tries = 0; tries < MAX_DELIVER;) {
          const job = await consumer.next({ expires: 1000 });
          if (job === null) throw new Error('the job is gone');
          if (job.string() === poison.body) {
            job.nak();
            tries += 1;
          } else others.push(job);
        }
        // The server gives it up when somebody asks for more.
        await consumer.next({ expires: 1000 });
        for (const job of others) job.nak();
      });
    },
    refuse(color, isRefusing) {
      done = change(color, { max_bytes: isRefusing ? 1 : -1 });
    },
    loseAnswer: () => proxy.spoil('HPUB', 'lost'),
    close: async () => {
      await proxy.close();
      await server.use(async (_, manager) => {
        for (const color of ['blue', 'green'] as const) await manager.streams.delete(stream(color));
      });
    },
  };
}

/** One that ends with its test. */
export async function natsPairOf(t: TestContext, ...of: Parameters<typeof natsPair>): Promise<NatsPair> {
  const made = await natsPair(...of);
  t.after(async () => {
    await made.port.close?.();
    await made.close();
  });
  return made;
}
