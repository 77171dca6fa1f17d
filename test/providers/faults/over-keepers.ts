/** Writes of a fault table over sockets: the epoch of a cache in Redis, and the fence of tables in PostgreSQL. */
import { startPostgres } from '../../support/postgres-server.ts';
import { tcpProxy } from '../../support/tcp-proxy.ts';
import { fenceEnv } from '../fence-env.ts';
import { redisCacheEnv } from '../redis-cache-env.ts';
import { newKey } from './over-http.ts';
import { BY_SOCKET } from './over-sockets.ts';
import type { OverSocket } from './survives.ts';

const TIMEOUT_MS = 3000;
const WITHIN_MS = 8000;

export const REDIS_PURGE: OverSocket = {
  via: 'socket',
  provider: 'redis',
  port: 'cache',
  method: 'purge',
  of: '',
  peer: 'redis',
  // A second answer, which nobody waits for, breaks the client's connection.
  expected: { ...BY_SOCKET, twice: 'done or retry' },
  async start() {
    const env = await redisCacheEnv(0);
    const proxy = await tcpProxy(env.redis.port);
    const port = env.open({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: TIMEOUT_MS });
    const epoch = async (): Promise<number> => Number((await env.redis.run('GET', 'epoch:blue')) ?? 0);
    return {
      withinMs: WITHIN_MS,
      async next() {
        const before = await epoch();
        const idempotencyKey = newKey();
        return {
          spoil: (how) => proxy.spoil('INCR', how),
          call: () => port.purge('blue', { idempotencyKey }),
          times: async () => (await epoch()) - before,
        };
      },
      async close() {
        await port.close?.();
        await proxy.close();
        await env.close();
      },
    };
  },
};

/** @param word in every such statement and in no other */
function fence(method: 'freeze' | 'thaw', word: string): OverSocket {
  return {
    via: 'socket',
    provider: 'postgres',
    port: 'fence',
    method,
    of: '',
    peer: 'postgres',
    expected: BY_SOCKET,
    async start() {
      const server = await startPostgres();
      const env = await fenceEnv(server);
      const proxy = await tcpProxy(server.port);
      const url = `postgres://127.0.0.1:${proxy.port}/postgres`;
      const port = env.open({ url, pools: [], timeoutMs: TIMEOUT_MS });
      const own = env.open({ pools: [] });
      let turn = 0;
      return {
        withinMs: WITHIN_MS,
        async next() {
          turn += 2;
          const before = { idempotencyKey: newKey(), turn: turn - 1 };
          await (method === 'freeze' ? own.thaw(before) : own.freeze(before));
          const context = { idempotencyKey: newKey(), turn };
          return {
            spoil: (how) => proxy.spoil(word, how),
            call: () => port[method](context),
            times: async () => ((await own.state()).frozen === (method === 'freeze') ? 1 : 0),
          };
        },
        async close() {
          await Promise.all([port.close?.(), own.close?.(), env.port.close?.()]);
          await env.close();
          await proxy.close();
          await server.stop();
        },
      };
    },
  };
}

export const FENCES: readonly OverSocket[] = [fence('freeze', 'REVOKE %s'), fence('thaw', 'GRANT %s')];
