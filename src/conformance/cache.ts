/**
 * What every `CachePort` must do. Each test gets empty caches, an edge config of generation 1 with 0 % on `to`,
 * and origins that answer every key with their own color and let it be cached.
 */
import assert from 'node:assert/strict';
import type { Color } from '../domain/color.ts';
import type { CachePort } from '../ports/index.ts';
import { type Env, suite } from './suite.ts';

export interface CacheEnv extends Env {
  readonly port: CachePort;
  /** Cacheable keys: path and query. */
  readonly keys: readonly string[];
  readonly regions: number;
  /** Reads a key as a user who is sent to `color`, in every region: what was answered and whether from cache. */
  ask(
    this: void,
    color: Color,
    key: string,
  ): Promise<readonly { readonly answeredBy: Color; readonly hit: boolean }[]>;
}

export function cachePortSuite(name: string, makeEnv: () => Promise<CacheEnv>): void {
  suite(`CachePort: ${name}`, makeEnv, ({ rule }) => {
    rule('primed keys are hits for users of that color, in every region', async ({ port, keys, ask }) => {
      assert.deepEqual(await port.prime('blue', keys, { idempotencyKey: 'run/prime' }), {
        primed: keys.length,
        failed: 0,
      });
      for (const key of keys) {
        for (const answer of await ask('blue', key))
          assert.deepEqual(answer, { answeredBy: 'blue', hit: true });
      }
    });

    rule('priming one color never answers for the other', async ({ port, keys, ask }) => {
      await port.prime('blue', keys, { idempotencyKey: 'run/prime' });
      const [key = ''] = keys;
      for (const answer of await ask('green', key))
        assert.deepEqual(answer, { answeredBy: 'green', hit: false });
    });

    rule('a purge empties one color’s namespace and leaves the other', async (env) => {
      const { port, keys, regions } = env;
      await port.prime('blue', keys, { idempotencyKey: 'run/prime-blue' });
      await port.prime('green', keys, { idempotencyKey: 'run/prime-green' });
      const before = await port.verifyPurged('blue', keys);
      assert.deepEqual(before, { checked: keys.length * regions, stillCached: keys.length * regions });
      const { namespace } = await port.purge('blue', { idempotencyKey: 'run/purge' });
      assert.match(namespace, /blue/);
      assert.deepEqual(await port.verifyPurged('blue', keys), {
        checked: keys.length * regions,
        stillCached: 0,
      });
      assert.equal((await port.verifyPurged('green', keys)).stillCached, keys.length * regions);
      const [key = ''] = keys;
      for (const answer of await env.ask('blue', key))
        assert.deepEqual(answer, { answeredBy: 'blue', hit: false });
    });

    rule('a purge repeated with its key names the same namespace', async ({ port, keys }) => {
      const first = await port.purge('blue', { idempotencyKey: 'run/purge' });
      await port.prime('blue', keys, { idempotencyKey: 'run/prime' });
      assert.deepEqual(await port.purge('blue', { idempotencyKey: 'run/purge' }), first);
      assert.ok((await port.verifyPurged('blue', keys)).stillCached > 0);
    });

    rule(
      'a prime right after a purge fills the new namespace, however late a region learns of it',
      async (env) => {
        const { port, keys, ask } = env;
        const [key = ''] = keys;
        for (let round = 1; round <= 5; round += 1) {
          // A region that has just read its config serves the old one for a while.
          await ask('green', key);
          await port.purge('blue', { idempotencyKey: `run/purge-${round}` });
          assert.deepEqual(await port.prime('blue', keys, { idempotencyKey: `run/prime-${round}` }), {
            primed: keys.length,
            failed: 0,
          });
          assert.equal((await port.verifyPurged('blue', keys)).stillCached, keys.length * env.regions);
        }
      },
    );

    rule('a key that cannot be cached is counted as failed, not thrown', async ({ port, keys }) => {
      const done = await port.prime('blue', [...keys, '/not-cacheable'], { idempotencyKey: 'run/prime' });
      assert.deepEqual(done, { primed: keys.length, failed: 1 });
    });

    rule('no keys is no work', async ({ port }) => {
      assert.deepEqual(await port.prime('blue', [], { idempotencyKey: 'run/prime' }), {
        primed: 0,
        failed: 0,
      });
      assert.deepEqual(await port.verifyPurged('blue', []), { checked: 0, stillCached: 0 });
    });
  });
}
