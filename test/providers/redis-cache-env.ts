/** An app in two colors that keeps its answers in a real Redis. */
import { createClient } from '@redis/client';
import type { CacheEnv } from '../../src/conformance/cache.ts';
import type { Color } from '../../src/domain/color.ts';
import type { CachePort } from '../../src/ports/index.ts';
import { redisCache } from '../../src/providers/redis/cache.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { cacheScope, KEYS, origin } from './cache-env.ts';

export interface RedisCacheEnv extends CacheEnv {
  readonly redis: RedisServer;
  readonly open: (options?: object) => CachePort;
}

/** @param epochMs how long the app goes on with an epoch that it has read; null: it knows none */
export async function redisCacheEnv(epochMs: number | null): Promise<RedisCacheEnv> {
  const redis = await startRedis();
  const client = createClient({ url: redis.url });
  client.on('error', () => undefined);
  await client.connect();
  const app = async (color: Color) => {
    let [known, readMs] = ['0', -Infinity];
    const namespace = async (): Promise<string> => {
      if (epochMs === null) return `answers:${color}:`;
      if (performance.now() - readMs > epochMs)
        [known, readMs] = [(await client.get(`epoch:${color}`)) ?? '0', performance.now()];
      return `answers:${color}:${known}:`;
    };
    return origin((asked, response) => {
      const key = asked.url ?? '';
      void (async () => {
        const entry = (await namespace()) + key;
        const kept = await client.get(entry);
        if (kept === null && key.startsWith('/answer')) await client.set(entry, color);
        response.setHeader('x-hit', kept === null ? '0' : '1').end(kept ?? color);
      })();
    });
  };
  const apps = { blue: await app('blue'), green: await app('green') };
  const open = (options = {}): CachePort =>
    redisCache(
      {
        use: 'redis',
        url: redis.url,
        prefix: 'answers:{color}:',
        timeoutMs: 20_000,
        ...(epochMs === null ? {} : { epoch: 'epoch:{color}', propagationMs: epochMs + 100 }),
        ...options,
      },
      cacheScope({ blue: apps.blue.url, green: apps.green.url }),
    );
  return {
    redis,
    open,
    port: open(),
    keys: KEYS,
    regions: 1,
    async ask(color, key) {
      const answer = await fetch(apps[color].url + key);
      return [{ answeredBy: (await answer.text()) as Color, hit: answer.headers.get('x-hit') === '1' }];
    },
    async close() {
      client.destroy();
      await Promise.all([apps.blue.close(), apps.green.close()]);
      await redis.stop();
    },
  };
}
