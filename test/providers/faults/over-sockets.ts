/** Writes of a fault table over sockets: the config in a Redis and in a PostgreSQL, and the weights of a HAProxy. */
import { firstConfig } from '../../../src/conformance/store.ts';
import { nextEdgeConfig } from '../../../src/domain/edge-config.ts';
import type { ConfigStorePort } from '../../../src/ports/index.ts';
import { startHaproxy } from '../../support/haproxy-server.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { startRedis } from '../../support/redis-server.ts';
import { write } from '../../support/store-calls.ts';
import { tcpProxy, type Spoil, type TcpProxy } from '../../support/tcp-proxy.ts';
import { openTraffic } from '../haproxy-env.ts';
import { createTable, openStore as openPostgres } from '../postgres-env.ts';
import { openStore as openRedis } from '../redis-env.ts';
import { newKey } from './over-http.ts';
import type { Expected, OverSocket, World } from './survives.ts';

const TIMEOUT_MS = 3000;
const WITHIN_MS = 6000;

/** An answer that came half is none. */
export const BY_SOCKET: Readonly<Record<Spoil, Expected>> = {
  lost: 'retry',
  cut: 'retry',
  twice: 'done',
  hang: 'retry',
  gone: 'retry',
};

/** @param word in every write and in nothing else */
function stored(
  store: ConfigStorePort,
  proxy: TcpProxy,
  word: string,
  close: () => Promise<void>,
): World<Spoil> {
  return {
    withinMs: WITHIN_MS,
    async next() {
      const before = (await store.read()) ?? (await write(store, firstConfig('docs')));
      const next = nextEdgeConfig(before, { weightPercent: before.generation % 50 }, newKey());
      return {
        spoil: (how) => proxy.spoil(word, how),
        call: () => write(store, next),
        async times() {
          const now = await store.read();
          if (now?.writer !== next.writer) throw new Error(`${now?.writer} wrote last`);
          return now.generation - before.generation;
        },
      };
    },
    close,
  };
}

export const REDIS: OverSocket = {
  via: 'socket',
  provider: 'redis',
  port: 'store',
  method: 'compareAndSet',
  of: '',
  peer: 'redis',
  // A second answer, which nobody waits for, breaks the client's connection.
  expected: { ...BY_SOCKET, twice: 'done or retry' },
  async start() {
    const server = await startRedis();
    const proxy = await tcpProxy(server.port);
    return stored(openRedis(proxy, { timeoutMs: TIMEOUT_MS }), proxy, "'SET', KEYS[1], text", async () => {
      await proxy.close();
      await server.stop();
    });
  },
};

export const POSTGRES: OverSocket = {
  via: 'socket',
  provider: 'postgres',
  port: 'store',
  method: 'compareAndSet',
  of: '',
  peer: 'postgres',
  expected: BY_SOCKET,
  async start() {
    const server = await startPostgres();
    await createTable(server);
    const proxy = await tcpProxy(server.port);
    return stored(openPostgres(proxy, { timeoutMs: TIMEOUT_MS }), proxy, 'RETURNING', async () => {
      await proxy.close();
      await server.stop();
    });
  },
};

export const HAPROXY: OverSocket = {
  via: 'socket',
  provider: 'haproxy',
  port: 'traffic',
  method: 'apply',
  of: '',
  peer: 'haproxy',
  // More answers than questions are none.
  expected: { ...BY_SOCKET, twice: 'done or retry' },
  async start() {
    const server = await startHaproxy();
    const proxy = await tcpProxy(server.admin);
    const port = openTraffic([`127.0.0.1:${proxy.port}`], { timeoutMs: TIMEOUT_MS });
    let generation = 1;
    return {
      withinMs: WITHIN_MS,
      async next() {
        generation += 1;
        const change = { from: 'blue', to: 'green', weightPercent: generation, generation } as const;
        const idempotencyKey = newKey();
        return {
          spoil: (how) => proxy.spoil('set server', how),
          call: () => port.apply(change, { idempotencyKey }),
          async times() {
            const { weightPercent, writer } = await port.readBack();
            return weightPercent === change.weightPercent && writer === idempotencyKey ? 1 : 0;
          },
        };
      },
      async close() {
        await proxy.close();
        await server.stop();
      },
    };
  },
};
