/** Moves of a fault table: jobs between two queues of SQS, of a NATS server, and of a RabbitMQ. */
import type { QueuePort } from '../../../src/ports/index.ts';
import { sqsQueue } from '../../../src/providers/sqs/index.ts';
import { httpProxy, type HttpFault } from '../../support/http-proxy.ts';
import { sharedRabbit } from '../../support/rabbitmq-server.ts';
import { startNats } from '../../support/nats-server.ts';
import { startSqsBroker } from '../../support/sqs-broker.ts';
import { bodies, pair, SCOPE, send, take } from '../../support/sqs-pair.ts';
import { natsPair } from '../nats-env.ts';
import { rabbitPair } from '../rabbitmq-env.ts';
import { newKey } from './over-http.ts';
import { Counted, type Expected, type OverHttp, type OverSocket } from './survives.ts';

/** A broker in this process takes its time on a slow machine. */
const TIMEOUT_MS = 3000;

/** A move says what the target did not take. */
export async function moved(port: QueuePort, idempotencyKey: string): Promise<void> {
  const { refused } = await port.move('blue', 'green', { idempotencyKey, maxMessages: 10 });
  if (refused !== undefined) throw new Counted(refused.why);
}

/** @throws where the job is at neither. */
export function timesIn(target: readonly string[], job: string): number {
  const times = target.filter((one) => one === job).length;
  if (times === 0) throw new Error(`${job} is lost`);
  return times;
}

const POST = { never: 'SQS is asked by POST, which no cache answers' };
const NO_WINDOW = 'a standard queue knows no repeat: the ledger of the consumers drops it by its key';

/** A send that is not known to have been taken is sent again. */
const sending = (unknown: Expected): Readonly<Record<HttpFault, Expected>> => ({
  lost: unknown,
  twice: unknown === 'retry' ? 'done' : { first: 'done', times: 2, because: NO_WINDOW },
  hang: unknown,
  slow: 'done',
  truncated: unknown,
  stale: POST,
  '429': 'retry',
  '409': 'counted',
  '412': 'counted',
  '503': 'retry',
});

const deleting: Readonly<Record<HttpFault, Expected>> = {
  lost: 'done',
  twice: 'done',
  hang: 'done',
  slow: 'done',
  truncated: 'done',
  stale: POST,
  '429': 'done',
  '503': 'done',
  // Jobs that are sent and not deleted come back, and are deleted then without a second copy.
  '409': 'reread',
  '412': 'reread',
};

function sqs(kind: 'standard' | 'fifo', action: string, expected: OverHttp['expected']): OverHttp {
  return {
    via: 'http',
    provider: 'sqs',
    port: 'queue',
    method: 'move',
    of: `${action} of a ${kind} queue`,
    peer: null,
    expected,
    async start() {
      const broker = await startSqsBroker();
      const proxy = await httpProxy(broker.endpoint);
      return {
        withinMs: 15_000,
        async next() {
          const queues = await pair(broker, kind);
          const { urls } = queues;
          const job = newKey();
          await send(broker, queues, 'blue', [job]);
          const port = sqsQueue({ use: 'sqs', ...urls, endpoint: proxy.url, timeoutMs: TIMEOUT_MS }, SCOPE);
          return {
            spoil: (how) =>
              proxy.spoil(({ headers }) => headers['x-amz-target'] === `AmazonSQS.${action}`, how),
            call: () => moved(port, job),
            times: async () => timesIn(bodies(await take(broker, urls.green)), job),
          };
        },
        async close() {
          await proxy.close();
          await broker.close();
        },
      };
    },
  };
}

export const SQS: readonly OverHttp[] = [
  sqs('standard', 'SendMessageBatch', sending({ first: 'retry', times: 2, because: NO_WINDOW })),
  sqs('fifo', 'SendMessageBatch', sending('retry')),
  sqs('standard', 'DeleteMessageBatch', deleting),
  sqs('fifo', 'DeleteMessageBatch', deleting),
];

export const NATS: OverSocket = {
  via: 'socket',
  provider: 'nats',
  port: 'queue',
  method: 'move',
  of: '',
  peer: 'nats',
  expected: { lost: 'retry', cut: 'retry', twice: 'done', hang: 'retry', gone: 'retry' },
  async start() {
    const server = await startNats();
    const open: { close(): Promise<void> }[] = [];
    return {
      withinMs: 30_000,
      async next() {
        const queues = await natsPair(server, 1000);
        open.push(queues);
        const job = newKey();
        await queues.send('blue', [{ body: job, key: job }]);
        return {
          spoil: (how) => queues.proxy.spoil('HPUB', how),
          async call() {
            await moved(queues.port, job);
            const { ready, inFlight } = await queues.port.depth('blue');
            if (ready + inFlight > 0) throw new Counted('it waits for its delivery');
          },
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

const NO_IDS = 'RabbitMQ knows no repeat: the ledger of the consumers drops it by its key';

export const RABBITMQ: OverSocket = {
  via: 'socket',
  provider: 'rabbitmq',
  port: 'queue',
  method: 'move',
  of: '',
  peer: 'rabbitmq',
  expected: {
    lost: { first: 'retry', times: 2, because: NO_IDS },
    cut: { first: 'retry', times: 2, because: NO_IDS },
    twice: { never: 'a frame that comes twice breaks the channel, as any network that did so would' },
    hang: { first: 'retry', times: 2, because: NO_IDS },
    gone: 'retry',
  },
  async start() {
    const server = await sharedRabbit();
    const open: { close(): Promise<void> }[] = [];
    return {
      withinMs: 30_000,
      async next() {
        const queues = await rabbitPair(server);
        open.push(queues);
        const job = newKey();
        await queues.send('blue', [{ body: job, key: job }]);
        return {
          spoil: (how) => queues.proxy.spoil('idempotency-key', how),
          async call() {
            await moved(queues.port, job);
            const { ready, inFlight } = await queues.port.depth('blue');
            if (ready + inFlight > 0) throw new Counted('it is still there');
          },
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
      },
    };
  },
};
