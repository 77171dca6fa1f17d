/** Moves of a fault table: jobs between two queues of BullMQ. */
import type { ProviderScope } from '../../../src/ports/index.ts';
import { bullmqQueue } from '../../../src/providers/bullmq/index.ts';
import { startRedis } from '../../support/redis-server.ts';
import { bullPair } from '../bullmq-env.ts';
import { newKey } from './over-http.ts';
import { moved, timesIn } from './over-queues.ts';
import type { OverSocket } from './survives.ts';

const TIMEOUT_MS = 3000;

export const BULLMQ: OverSocket = {
  via: 'socket',
  provider: 'bullmq',
  port: 'queue',
  method: 'move',
  of: '',
  peer: 'bullmq',
  expected: { lost: 'retry', cut: 'retry', twice: 'done or retry', hang: 'retry', gone: 'retry' },
  async start() {
    const server = await startRedis();
    const open: { close(): Promise<void> }[] = [];
    return {
      // A move has a longer time than a question.
      withinMs: 30_000,
      async next() {
        const queues = await bullPair(server);
        open.push(queues);
        const job = newKey();
        await queues.send('blue', [{ body: job, key: job }]);
        const scope = { env: {} } as unknown as ProviderScope;
        const port = bullmqQueue({ ...queues.ref, timeoutMs: TIMEOUT_MS }, scope);
        return {
          spoil: (how) => queues.proxy.spoil('LREM', how),
          call: () => moved(port, job),
          async times() {
            const jobs = await queues.receive('green');
            return timesIn(
              jobs.map(({ body }) => body),
              job,
            );
          },
        };
      },
      async close() {
        for (const one of open) await one.close();
        await server.stop();
      },
    };
  },
};
