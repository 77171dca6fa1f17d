/** A Redis, alone or with a replica, as the suite of stores wants it. */
import type { StoreEnv } from '../../src/conformance/store.ts';
import type { ConfigStorePort, ProviderScope } from '../../src/ports/index.ts';
import { redisStore } from '../../src/providers/redis/store.ts';
import { startRedis, startReplica } from '../support/redis-server.ts';
import { stoppable } from '../support/stoppable-store.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';

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
  const ref = { use: 'redis', url: `redis://127.0.0.1:${proxy.port}`, replicas };
  return {
    service: 'docs',
    another: () => openStore(primary, { env, replicas }),
    ...stoppable(openStore(proxy, { env, replicas }), { ref, service: 'docs', env }, proxy),
    loseAnswer: () => proxy.spoil('EVAL', 'lost'),
    async close() {
      await proxy.close();
      await replica?.stop();
      await primary.stop();
    },
  };
}
