/**
 * NATS JetStream by its official clients: a work-queue stream with one durable consumer for each color.
 *
 * Invariant: both colors' consumers have the same retry policy. JetStream has no dead-letter queue: what was delivered too often stays in
 * the stream, where nobody hands it out.
 */
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { COLORS } from '../../../src/domain/color.ts';
import type { Color } from '../../../src/domain/color.ts';
import type { Delivery, JobQueues, MadeQueues, NatsPlace, QueueCounts, RetryRule } from './job-queue.ts';

const NS_PER_S = 1_000_000_000;
const TAKEN_AT_ONCE = 10;
/** JetStream's least. */
const WAIT_MS = 1000;

export async function makeQueues({ url }: { url: string }, rule: RetryRule): Promise<MadeQueues> {
  const connection = await connect({ servers: url, name: 'docs-rag infra' });
  const manager = await jetstreamManager(connection);
  const place: NatsPlace = {
    use: 'nats',
    url,
    blue: await makeQueue(manager, 'blue', rule),
    green: await makeQueue(manager, 'green', rule),
  };
  return {
    place,
    plan: queuePlan(place),
    counts: async () => (await Promise.all(COLORS.map((color) => count(manager, place[color])))).flat(),
    close: () => connection.close(),
  };
}

async function makeQueue(
  manager: JetStreamManager,
  color: Color,
  { visibilityTimeoutS, maxReceives }: RetryRule,
): Promise<NatsPlace['blue']> {
  const queue = { name: `jobs.${color}`, stream: `jobs-${color}`, consumer: 'workers' };
  await manager.streams.add({
    name: queue.stream,
    subjects: [queue.name],
    retention: RetentionPolicy.Workqueue,
  });
  await manager.consumers.add(queue.stream, {
    durable_name: queue.consumer,
    ack_policy: AckPolicy.Explicit,
    ack_wait: visibilityTimeoutS * NS_PER_S,
    max_deliver: maxReceives,
  });
  return queue;
}

/** The consumer is asked first: what is done since is not taken for a job that it gave up. What comes in since is, until the next count. */
async function count(
  manager: JetStreamManager,
  { name, stream, consumer }: NatsPlace['blue'],
): Promise<QueueCounts[]> {
  const { num_pending: ready, num_ack_pending: inFlight } = await manager.consumers.info(stream, consumer);
  const { state } = await manager.streams.info(stream);
  const givenUp = Math.max(0, state.messages - ready - inFlight);
  return [
    { name, ready, inFlight, delayed: 0 },
    { name: `${name} given up`, ready: givenUp, inFlight: 0, delayed: 0 },
  ];
}

export async function openQueues(place: NatsPlace): Promise<JobQueues> {
  const connection = await connect({ servers: place.url, name: 'docs-rag', maxReconnectAttempts: -1 });
  const stream = jetstream(connection);
  return {
    async send(to, key, body) {
      const carried = headers();
      carried.set('idempotency-key', key);
      await stream.publish(place[to].name, body, { headers: carried });
    },
    async take(from, handle) {
      const consumer = await stream.consumers.get(place[from].stream, place[from].consumer);
      const handled: Promise<void>[] = [];
      const handedOut = await consumer.fetch({ max_messages: TAKEN_AT_ONCE, expires: WAIT_MS });
      for await (const message of handedOut) {
        const work = handle(deliveryOf(message));
        // Told below, when all are over.
        work.catch(() => undefined);
        handled.push(work);
      }
      await Promise.all(handled);
    },
    close: () => connection.close(),
  };
}

function deliveryOf(message: JsMsg): Delivery {
  return {
    body: message.string(),
    async done() {
      if (!(await message.ackAck())) throw new Error(`job ${message.seq}: the server did not acknowledge`);
    },
    async giveBack() {
      message.nak();
    },
    async keep() {
      message.working();
    },
  };
}

function queuePlan({ url, blue, green }: NatsPlace): Record<string, unknown> {
  const queue = ({ stream, name, consumer }: NatsPlace['blue']) => ({ stream, subject: name, consumer });
  return { use: 'nats', url, blue: queue(blue), green: queue(green) };
}
