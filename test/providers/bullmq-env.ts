/** Two queues of BullMQ as the suite of queues wants them, written and worked on by the library itself. */
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker, type Job as BullJob, type JobsOptions } from 'bullmq';
import type { Job, QueueEnv } from '../../src/conformance/queue.ts';
import type { Color } from '../../src/domain/color.ts';
import type { ProviderRef } from '../../src/domain/plan.ts';
import type { ProviderScope, QueuePort } from '../../src/ports/index.ts';
import { bullmqQueue } from '../../src/providers/bullmq/index.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const DELAY_MS = 500;
/** Taken and completed together. */
const AT_ONCE = 20;
/** No lock ends while a test runs. */
const LOCK_MS = 600_000;
const COLORS = ['blue', 'green'] as const;

export interface BullPair extends QueueEnv {
  readonly receive: (color: Color) => Promise<readonly Job[]>;
  readonly hold: (color: Color) => Promise<void>;
  readonly bury: (color: Color, job: Job) => Promise<void>;
  readonly proxy: TcpProxy;
  /** As a plan names the two, through the proxy. */
  readonly ref: ProviderRef;
  /** The service's own. */
  readonly queue: (color: Color) => Queue;
  /** Takes one, for a worker of the service; undefined where there is none. */
  readonly take: (color: Color) => Promise<BullJob | undefined>;
  readonly add: (color: Color, body: string, opts?: JobsOptions) => Promise<BullJob>;
  /** In Redis, e.g. `wait`. */
  readonly key: (color: Color, name: string) => string;
}

export function openQueue(
  at: { readonly port: number },
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  env: ProviderScope['env'] = {},
): QueuePort {
  return bullmqQueue(refTo(at, name, options), { env } as unknown as ProviderScope);
}

function refTo(
  { port }: { readonly port: number },
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): ProviderRef {
  const url = `redis://127.0.0.1:${port}`;
  return { use: 'bullmq', url, blue: `${name}-blue`, green: `${name}-green`, timeoutMs: 30_000, ...options };
}

let pairs = 0;

export async function bullPair(server: RedisServer): Promise<BullPair> {
  const name = `jobs${(pairs += 1)}`;
  const connection = { host: '127.0.0.1', port: server.port };
  const queues = new Map(COLORS.map((color) => [color, new Queue(`${name}-${color}`, { connection })]));
  const workers = new Map(
    COLORS.map((color) => {
      const worker = new Worker(`${name}-${color}`, null, {
        connection,
        autorun: false,
        lockDuration: LOCK_MS,
        skipLockRenewal: true,
        skipStalledCheck: true,
      });
      return [color, worker];
    }),
  );
  await Promise.all([...queues.values(), ...workers.values()].map((one) => one.waitUntilReady()));
  const proxy = await tcpProxy(server.port);
  const port = openQueue(proxy, name);
  const queue = (color: Color): Queue => queues.get(color) as Queue;
  const take = (color: Color): Promise<BullJob | undefined> =>
    (workers.get(color) as Worker).getNextJob('token', { block: false });
  const add: BullPair['add'] = (color, body, opts = {}) => queue(color).add('job', { body }, opts);
  const key: BullPair['key'] = (color, part) => `bull:${name}-${color}:${part}`;
  const optsOf = (of: string | null): JobsOptions => (of === null ? {} : { jobId: of });
  /** What an operator did before the next move. */
  let done: Promise<unknown> = Promise.resolve();
  return {
    proxy,
    ref: refTo(proxy, name),
    queue,
    take,
    add,
    key,
    port: {
      ...port,
      async move(from, to, context) {
        await done;
        return port.move(from, to, context);
      },
    },
    async send(color, jobs) {
      await queue(color).addBulk(
        jobs.map(({ body, key: id }) => ({ name: 'job', data: { body }, opts: optsOf(id) })),
      );
    },
    async receive(color) {
      const got: Job[] = [];
      for (;;) {
        // Sent one after another over one connection, and answered so.
        const taken = await Promise.all(Array.from({ length: AT_ONCE }, () => take(color)));
        const jobs = taken.filter((job) => job !== undefined);
        if (jobs.length === 0) break;
        got.push(...jobs.map((job) => ({ body: bodyOf(job), key: job.id ?? null })));
        await Promise.all(jobs.map((job) => job.moveToCompleted('done', 'token', false)));
      }
      return got;
    },
    async hold(color) {
      await take(color);
    },
    delayed: {
      send: async (color, jobs) => {
        for (const { body, key: id } of jobs) await add(color, body, { ...optsOf(id), delay: DELAY_MS });
      },
      pass: () => sleep(DELAY_MS + 50),
    },
    async bury(color, { body, key: id }) {
      // The next one to be taken, whatever waits.
      await add(color, body, { ...optsOf(id), lifo: true });
      const job = await take(color);
      if (job?.id !== id) throw new Error('another job was taken');
      await job?.moveToFailed(new Error('poison'), 'token', false);
    },
    refuse(color, isRefusing) {
      done = server.run('HSET', key(color, 'meta'), 'version', isRefusing ? 'bullmq:3.16.2' : 'bullmq:6.7.0');
    },
    loseAnswer: () => proxy.spoil('LREM', 'lost'),
    async close() {
      await proxy.close();
      await Promise.all([...queues.values(), ...workers.values()].map((one) => one.close()));
    },
  };
}

export function bodyOf({ data }: BullJob): string {
  return (data as { readonly body: string }).body;
}

/** One that ends with its test. */
export async function bullPairOf(t: TestContext, ...of: Parameters<typeof bullPair>): Promise<BullPair> {
  const made = await bullPair(...of);
  t.after(async () => {
    await made.port.close?.();
    await made.close();
  });
  return made;
}
