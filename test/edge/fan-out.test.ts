/** The store's fan-out when KV fails: what was committed is re-asserted by the alarm until KV carries it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { nextEdgeConfig, type EdgeConfig } from '../../src/domain/edge-config.ts';
import type { KVNamespace } from '../../src/edge/cloudflare-types.ts';
import { firstConfig } from '../../src/conformance/store.ts';

/** The real Durable Object on workerd; only KV's `put` fails as often as the test asks. */
const WORKER = `
  import { ConfigObject } from './src/edge/config-object.ts';
  let failures = 0;
  export class Store extends ConfigObject {
    constructor(state, env) {
      const put = async (key, value) => {
        if (failures-- > 0) throw new Error('KV is down');
        await env.CONFIG_KV.put(key, value);
      };
      super(state, { CONFIG_KV: { get: (key) => env.CONFIG_KV.get(key), put } });
    }
  }
  export default { async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === '/fail') { failures = Number(url.searchParams.get('times')); return new Response('ok'); }
    return env.CONFIG.get(env.CONFIG.idFromName('docs')).fetch(request);
  } };`;

describe('config store fan-out', () => {
  it('a write that KV refused is not acknowledged, and reaches KV all the same', async () => {
    const bundled = await build({
      stdin: { contents: WORKER, resolveDir: fileURLToPath(new URL('../..', import.meta.url)), loader: 'ts' },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const worker = new Miniflare({
      modules: true,
      script: bundled.outputFiles[0]?.text ?? '',
      compatibilityDate: '2026-04-01',
      kvNamespaces: ['CONFIG_KV'],
      durableObjects: { CONFIG: { className: 'Store', useSQLite: true } },
    });
    const put = (next: unknown, idempotencyKey: string) =>
      worker.dispatchFetch('http://edge/', { method: 'PUT', body: JSON.stringify({ next, idempotencyKey }) });
    const namespace = (await worker.getKVNamespace('CONFIG_KV')) as unknown as KVNamespace;
    const carried = async () =>
      JSON.parse((await namespace.get('cutover/docs')) ?? 'null') as EdgeConfig | null;
    try {
      const first = firstConfig('docs');
      assert.equal((await put(first, 'k1')).status, 200);
      assert.deepEqual(await carried(), first);

      await worker.dispatchFetch('http://edge/fail?times=2');
      const second = nextEdgeConfig(first, { weightPercent: 5 }, 'k2');
      const refused = await put(second, 'k2');
      assert.equal(refused.status, 503);
      assert.equal(((await refused.json()) as { kv: string }).kv, 'pending');
      assert.deepEqual(await carried(), first);
      // The first alarm meets the second failure; the next one gets through.
      for (let i = 0; i < 60; i++) {
        if ((await carried())?.generation === 2) break;
        await sleep(100);
      }
      assert.deepEqual(await carried(), second);

      await worker.dispatchFetch('http://edge/fail?times=1');
      const third = nextEdgeConfig(second, { weightPercent: 25 }, 'k3');
      assert.equal((await put(third, 'k3')).status, 503);
      assert.equal(
        (await put(third, 'k3')).status,
        200,
        'a retry with the same key publishes and is acknowledged',
      );
      assert.deepEqual(await carried(), third);
    } finally {
      await worker.dispose();
    }
  });
});
