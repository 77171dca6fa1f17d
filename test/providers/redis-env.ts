/** A Redis, alone or with a replica, as the suite of stores wants it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StoreEnv } from '../../src/conformance/store.ts';
import type { StoppedWriter } from '../../src/conformance/suite.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { ConfigStorePort, ProviderScope } from '../../src/ports/index.ts';
import { redisStore } from '../../src/providers/redis/store.ts';
import { startRedis, startReplica } from '../support/redis-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import type { Order, Outcome } from './redis-writer-child.ts';

const CHILD = fileURLToPath(new URL('redis-writer-child.ts', import.meta.url));
/** A connection begins with AUTH, so that a writer has something to wait for before it asks. */
const PASSWORD = 'test-password';

export function openStore(
  at: { readonly port: number },
  { env = {}, service = 'docs', ...options }: Readonly<Record<string, unknown>> = {},
): ConfigStorePort {
  const ref = { use: 'redis', url: `redis://127.0.0.1:${at.port}`, ...options };
  return redisStore(ref, { service, env } as unknown as ProviderScope);
}

export async function redisEnv(replicas: 0 | 1): Promise<StoreEnv> {
  const primary = await startRedis([], PASSWORD);
  const replica = replicas === 0 ? null : await startReplica(primary, PASSWORD);
  const proxy = await tcpProxy(primary.port);
  const env = { REDIS_PASSWORD: PASSWORD };
  const port = openStore(proxy, { env, replicas });
  let stopAt: { stopped: () => void; goOn: Promise<void> } | null = null;

  return {
    service: 'docs',
    another: () => openStore(primary, { env, replicas }),
    port: {
      ...port,
      async compareAndSet(next, context) {
        const stop = stopAt;
        stopAt = null;
        if (stop === null) return port.compareAndSet(next, context);
        const ref = { use: 'redis', url: `redis://127.0.0.1:${proxy.port}`, replicas };
        return writeInChild({ ref, service: 'docs', env, next }, stop, proxy);
      },
    },
    stopWriter(at): StoppedWriter | null {
      if (at === 'read-back') return null;
      const [stopped, goOn] = [deferred(), deferred()];
      stopAt = { stopped: stopped.resolve, goOn: goOn.promise };
      return { stopped: stopped.promise, goOn: goOn.resolve };
    },
    loseAnswer: () => proxy.loseAnswerTo('EVAL'),
    async close() {
      await proxy.close();
      await replica?.stop();
      await primary.stop();
    },
  };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A real process, stopped by the system between its connecting and its writing. */
async function writeInChild(
  order: Order,
  stop: { stopped: () => void; goOn: Promise<void> },
  proxy: Awaited<ReturnType<typeof tcpProxy>>,
): Promise<EdgeConfig> {
  const child = fork(CHILD, { execArgv: ['--import', 'tsx'] });
  const release = proxy.holdAnswers(() => {
    child.kill('SIGSTOP');
    stop.stopped();
  });
  const said = once(child, 'message') as Promise<[Outcome]>;
  const ended = once(child, 'exit');
  child.send(order);
  await stop.goOn;
  release();
  child.kill('SIGCONT');
  const [outcome] = await Promise.race([
    said,
    ended.then(() => Promise.reject(new Error('it ended silently'))),
  ]);
  await ended;
  if ('written' in outcome) return outcome.written;
  if (outcome.kind === null) throw new Error(outcome.message);
  throw new ProviderError(outcome.kind, 'redis', outcome.message);
}
