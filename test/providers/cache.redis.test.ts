/** The cache of provider `redis` against real servers. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cachePortSuite } from '../../src/conformance/cache.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import { redisCache } from '../../src/providers/redis/cache.ts';
import { startRedis } from '../support/redis-server.ts';
import { cacheScope } from './cache-env.ts';
import { redisCacheEnv, type RedisCacheEnv } from './redis-cache-env.ts';

cachePortSuite('redis', () => redisCacheEnv(null));
cachePortSuite('redis with an epoch', () => redisCacheEnv(300));

async function within(epochMs: number | null, body: (env: RedisCacheEnv) => Promise<void>): Promise<void> {
  const env = await redisCacheEnv(epochMs);
  try {
    await body(env);
  } finally {
    await env.port.close?.();
    await env.close();
  }
}

const purge = { idempotencyKey: 'run/purge' };

describe('provider redis: cache', () => {
  it('empties a large keyspace in pieces, whatever bytes its keys are, and touches nobody else’s', () =>
    within(null, async ({ redis, port }) => {
      await redis.run(
        'EVAL',
        `for i = 1, 30000 do redis.call('SET', KEYS[1] .. i, 'x') end`,
        '1',
        'answers:blue:',
      );
      await redis.run('EVAL', `redis.call('SET', 'answers:blue:' .. string.char(255, 0, 128), 'x')`, '0');
      await redis.run('MSET', 'answers:green:1', 'x', 'answersXblue:1', 'x', 'other', 'x');
      await redis.run('CONFIG', 'RESETSTAT');
      await port.purge('blue', purge);
      assert.deepEqual(await redis.run('KEYS', 'answers:blue:*'), []);
      assert.equal(await redis.run('EXISTS', 'answers:green:1', 'answersXblue:1', 'other'), 3);
      const stats = String(await redis.run('INFO', 'commandstats'));
      const pieces = Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1]);
      assert.ok(pieces >= 25, `${pieces} pieces`);
    }));

  it('leaves the namespace of an epoch at once, also when what was in it is not yet unlinked', () =>
    within(0, async ({ redis, port, ask, keys }) => {
      await port.prime('blue', keys, { idempotencyKey: 'run/prime' });
      const { namespace } = await port.purge('blue', purge);
      assert.equal(namespace, 'answers:blue:1:');
      assert.deepEqual(await redis.run('KEYS', 'answers:blue:*'), []);
      const [key = ''] = keys;
      assert.deepEqual(await ask('blue', key), [{ answeredBy: 'blue', hit: false }]);
      // A late attempt of the first purge does not bring its namespace back.
      assert.equal(
        (await port.purge('blue', { idempotencyKey: 'run/purge-2' })).namespace,
        'answers:blue:2:',
      );
      assert.equal((await port.purge('blue', purge)).namespace, namespace);
      assert.equal(await redis.run('GET', 'epoch:blue'), '2');
    }));

  it('finds entries by the hash of their key', () =>
    within(null, async ({ redis, open, keys }) => {
      const hashes = {
        sha256: '79111bfa58c77a0ffc74bd2fd0e60df7c8480f11fb64e7e39704e9d4c0fdd75a',
        md5: '4d2410f200533337df97ed51fe9a34ff',
      } as const;
      for (const [key, hash] of Object.entries(hashes)) {
        const port = open({ key });
        assert.equal((await port.verifyPurged('blue', keys)).stillCached, 0);
        await redis.run('SET', `answers:blue:${hash}`, 'x');
        assert.equal((await port.verifyPurged('blue', keys)).stillCached, 1);
        await redis.run('FLUSHALL');
      }
    }));

  it('says in preflight that a purge would remove nothing, or look-ups prove nothing', () =>
    within(null, async ({ redis, port, open, keys }) => {
      const doubts = async (one = port): Promise<string> =>
        ((await one.check?.('blue', keys)) ?? []).map(({ severity, what }) => `${severity}: ${what}`).join();
      assert.match(await doubts(), /^warning: no key of blue begins with answers:blue:/);
      await redis.run('SET', 'answers:blue:other', 'x');
      assert.match(
        await doubts(),
        /^warning: none of 3 popular keys of blue stands in the cache by `key: path`/,
      );
      await port.prime('blue', keys, { idempotencyKey: 'run/prime' });
      assert.equal(await doubts(), '');
      assert.match(
        await doubts(open({ prefix: 'cache:{color}:' })),
        /no key of blue begins with cache:blue:/,
      );
    }));

  it('is not asked of a node of a cluster, which holds a part of the keys, nor of a replica', async () => {
    const nodes = `nodes-${process.pid}.conf`;
    const node = await startRedis(['--cluster-enabled', 'yes', '--cluster-config-file', nodes]);
    const primary = await startRedis();
    const replica = await startRedis(['--replicaof', `127.0.0.1 ${primary.port}`]);
    const open = (url: string) =>
      redisCache(
        { use: 'redis', url, prefix: 'answers:{color}:' },
        cacheScope({ blue: 'http://127.0.0.1:9', green: 'http://127.0.0.1:9' }),
      );
    try {
      const refusals = [
        [open(node.url), 'fatal', /node of a Redis Cluster/],
        [open(replica.url), 'retry', /it is a replica/],
      ] as const;
      for (const [port, kind, says] of refusals) {
        const isSo = (error: unknown): boolean =>
          error instanceof ProviderError && error.kind === kind && says.test(error.message);
        await assert.rejects(port.purge('blue', purge), isSo);
        await assert.rejects(port.verifyPurged('blue', ['/answer']), isSo);
        await assert.rejects(async () => port.check?.('blue', []), isSo);
      }
    } finally {
      await Promise.all([node.stop(), replica.stop(), primary.stop()]);
      await rm(join(tmpdir(), nodes), { force: true });
    }
  });
});
