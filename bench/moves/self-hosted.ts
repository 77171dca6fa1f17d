/** Brokers that teams host themselves, over a slow line, each against one job after another by its own client. */
import assert from 'node:assert/strict';
import { jetstream } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { connect as connectRabbit } from 'amqplib';
import { Queue } from 'bullmq';
import type { QueueEnv } from '../../src/conformance/queue.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { ProviderScope } from '../../src/ports/index.ts';
import { resolveProvider } from '../../src/providers/registry.ts';
import { bullPair } from '../../test/providers/bullmq-env.ts';
import { natsPair } from '../../test/providers/nats-env.ts';
import { rabbitPair } from '../../test/providers/rabbitmq-env.ts';
import { startNats } from '../../test/support/nats-server.ts';
import { sharedRabbit } from '../../test/support/rabbitmq-server.ts';
import { startRedis } from '../../test/support/redis-server.ts';
import { moveAll, type Contestant, type Setting } from './contest.ts';
import { lineTo } from './line.ts';

type Pair = QueueEnv & { readonly ref: ProviderRef };

/** @param serially moves what a pair of queues holds through the port of the line */
async function contestant<P extends Pair>(
  name: string,
  latencyMs: number,
  server: { readonly port: number; readonly stop?: () => Promise<void> },
  makePair: () => Promise<P>,
  serially: (pair: P, port: number, count: number) => Promise<number>,
): Promise<Contestant> {
  const line = await lineTo(server.port, latencyMs);
  const pairs: P[] = [];
  const filled = async (count: number): Promise<P> => {
    const pair = await makePair();
    pairs.push(pair);
    const jobs = Array.from({ length: count }, (_, i) => ({ body: `${i}`, key: `key-${i}` }));
    await pair.send('blue', jobs);
    return pair;
  };
  return {
    name,
    async serially(count) {
      const pair = await filled(count);
      return () => serially(pair, line.port, count);
    },
    async ours(count) {
      const pair = await filled(count);
      const { use, url, ...options } = pair.ref as ProviderRef & { readonly url: string };
      const far = { ...options, use, url: url.replace(/:\d+$/, `:${line.port}`) };
      const { queue } = await resolveProvider(use);
      const port = queue?.(far, { env: {} } as unknown as ProviderScope, {});
      assert.ok(port !== undefined);
      return () => moveAll(port);
    },
    async close() {
      for (const pair of pairs) {
        // Whether all came in order is looked at when the time has been taken.
        for (let at = 0; ;) {
          const got = await pair.receive('green');
          for (const { body } of got) assert.equal(Number(body), at++, `${name}: out of order`);
          if (got.length === 0) break;
        }
        await pair.port.close?.();
        await pair.close();
      }
      line.close();
      await server.stop?.();
    },
  };
}

export async function nats({ latencyMs }: Setting): Promise<Contestant> {
  const server = await startNats();
  return contestant(
    'nats',
    latencyMs,
    server,
    () => natsPair(server),
    async ({ stream, queue }, port, count) => {
      const connection = await connectNats({ servers: `127.0.0.1:${port}` });
      const js = jetstream(connection);
      const consumer = await js.consumers.get(stream('blue'), 'workers');
      for (let moved = 0; moved < count; moved += 1) {
        const job = await consumer.next();
        if (job === null) return moved;
        await js.publish(queue('green').subject, job.data);
        await job.ackAck();
      }
      await connection.close();
      return count;
    },
  );
}

export async function rabbitmq({ latencyMs }: Setting, type: 'classic' | 'quorum'): Promise<Contestant> {
  const server = await sharedRabbit();
  const pair = (): ReturnType<typeof rabbitPair> => rabbitPair(server, { type });
  return contestant(`rabbitmq, ${type}`, latencyMs, server, pair, async ({ queue }, port, count) => {
    const connection = await connectRabbit({ hostname: '127.0.0.1', port });
    const channel = await connection.createConfirmChannel();
    for (let moved = 0; moved < count; moved += 1) {
      const job = await channel.get(queue('blue'));
      if (job === false) return moved;
      channel.sendToQueue(queue('green'), job.content, { persistent: true });
      await channel.waitForConfirms();
      channel.ack(job);
    }
    await connection.close();
    return count;
  });
}

export async function bullmq({ latencyMs }: Setting): Promise<Contestant> {
  const server = await startRedis();
  return contestant(
    'bullmq',
    latencyMs,
    server,
    () => bullPair(server),
    async ({ queue }, port, count) => {
      const connection = { host: '127.0.0.1', port };
      const [blue, green] = (['blue', 'green'] as const).map(
        (color) => new Queue(queue(color).name, { connection }),
      );
      assert.ok(blue !== undefined && green !== undefined);
      for (let moved = 0; moved < count; moved += 1) {
        const [job] = await blue.getJobs(['wait'], 0, 0, true);
        if (job?.id === undefined) return moved;
        await green.add(job.name, job.data, { jobId: job.id });
        await job.remove();
      }
      await Promise.all([blue.close(), green.close()]);
      return count;
    },
  );
}
