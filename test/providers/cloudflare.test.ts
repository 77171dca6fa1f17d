/** Provider `cloudflare` against the real Worker on workerd and its KV. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { Color } from '../../src/domain/color.ts';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { provider } from '../../src/providers/cloudflare/index.ts';
import { provider as ours } from '../../src/providers/router/index.ts';
import type { ConfigStorePort, ProviderScope, RouterPort } from '../../src/ports/index.ts';
import { cachePortSuite } from '../../src/conformance/cache.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { routerPortSuite } from '../../src/conformance/router.ts';
import { storePortSuite, firstConfig } from '../../src/conformance/store.ts';
import { ADMIN_TOKEN, PIN_SECRET, startEdge, type EdgeUnderTest } from '../edge/support.ts';
import { httpProxy, type Passing } from '../support/http-proxy.ts';

const ref = { use: 'cloudflare', account: 'acct', namespace: 'cutover-config', propagationMs: 3000 };

function scopeOf(test: EdgeUnderTest, env: ProviderScope['env'] = {}): ProviderScope {
  return {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: test.edge.entries,
    colorUrls: { blue: test.origins.blue.url, green: test.origins.green.url },
    env: {
      CUTOVER_ADMIN_TOKEN: ADMIN_TOKEN,
      CUTOVER_PIN_SECRET: PIN_SECRET,
      CLOUDFLARE_API_TOKEN: 'local',
      CLOUDFLARE_BASE_URL: test.edge.explorerUrl,
      ...env,
    },
  };
}

function storeOf(scope: ProviderScope, change: object = {}): ConfigStorePort {
  assert.ok(provider.store);
  // A plan of the local edge names its loopback address.
  const [first] = scope.entry;
  return provider.store(
    { ...ref, ...(first === undefined ? {} : { admin: first.url }), ...change },
    scope,
    {},
  );
}

function routerOf(scope: ProviderScope): RouterPort {
  assert.ok(provider.router);
  return provider.router(ref, scope, {});
}

storePortSuite('cloudflare', async () => {
  const test = await startEdge();
  const proxy = await httpProxy(test.edge.entries[0]?.url ?? '');
  const isPut = ({ method }: Passing): boolean => method === 'PUT';
  return {
    port: storeOf(scopeOf(test), { admin: proxy.url, timeoutMs: 20_000 }),
    another: () => storeOf(scopeOf(test)),
    service: 'docs',
    // Its Durable Object writes and reads back in one; KV is what comes after.
    stopWriter: (at: 'put' | 'read-back') => (at === 'put' ? proxy.hold(isPut) : null),
    loseAnswer: () => proxy.spoil(isPut, 'lost'),
    async close() {
      await proxy.close();
      await test.close();
    },
  };
});

routerPortSuite('router', async () => {
  const test = await startEdge();
  const scope = scopeOf(test);
  assert.ok(ours.router);
  return {
    port: ours.router({ use: 'router', propagationMs: 3000 }, scope, {}),
    store: storeOf(scope),
    service: 'docs',
    regions: ['eu', 'us'],
    close: () => test.close(),
  };
});

cachePortSuite('router', async () => {
  const test = await startEdge();
  await test.set({});
  const scope = scopeOf(test);
  assert.ok(ours.cache);
  return {
    port: ours.cache({ use: 'router', propagationMs: 3000 }, scope, { store: storeOf(scope) }),
    keys: ['/answer?q=one', '/answer?q=two', '/answer?q=t%20three'],
    regions: 2,
    async ask(color: Color, key: string) {
      const headers = await test.pin({ color, kind: 'user' });
      return await Promise.all(
        [0, 1].map(async (region) => {
          const answer = await test.get(key, { region, headers });
          const body = (await answer.json()) as { color: Color };
          return { answeredBy: body.color, hit: answer.headers.get('x-cutover-cache') === 'hit' };
        }),
      );
    },
    close: () => test.close(),
  };
});

describe('provider cloudflare: errors', () => {
  it('a wrong admin token is fatal and says which variable to check', async () => {
    const test = await startEdge();
    try {
      const port = storeOf(scopeOf(test, { CUTOVER_ADMIN_TOKEN: 'wrong' }));
      await assert.rejects(
        port.read(),
        (error) =>
          error instanceof ProviderError &&
          error.kind === 'fatal' &&
          /CUTOVER_ADMIN_TOKEN/.test(error.message),
      );
      const seen = await routerOf(scopeOf(test, { CUTOVER_ADMIN_TOKEN: 'wrong' })).observe();
      assert.ok(seen.every(({ generation, error }) => generation === null && error !== null));
    } finally {
      await test.close();
    }
  });

  it('preflight reads KV once, and says what to mend where that fails; writes fail alike (E3)', async () => {
    const test = await startEdge();
    try {
      // Cloudflare's API as a wrong token sees it, and where nobody answers; the router itself is well.
      const api = createServer((_, response) => {
        response.writeHead(403, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ success: false, errors: [{ code: 10000, message: 'Authentication error' }] }),
        );
      });
      api.listen(0, '127.0.0.1');
      await once(api, 'listening');
      const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
      const wrong: [ProviderScope, object, ProviderError['kind'], RegExp][] = [
        [scopeOf(test, { CLOUDFLARE_BASE_URL: url }), {}, 'fatal', /check CLOUDFLARE_API_TOKEN/],
        [scopeOf(test, { CLOUDFLARE_BASE_URL: 'http://127.0.0.1:9' }), {}, 'retry', /CLOUDFLARE_BASE_URL/],
        [scopeOf(test), { namespace: 'no-such' }, 'fatal', /`namespace` of the edge in the plan/],
      ];
      for (const [scope, change, kind, says] of wrong) {
        const port = storeOf(scope, change);
        const isSo = (error: unknown): boolean =>
          error instanceof ProviderError && error.kind === kind && says.test(error.message);
        await assert.rejects(async () => port.check?.(), isSo);
        const next = nextEdgeConfig(
          (await port.read()) ?? firstConfig('docs', { generation: 0 }),
          {},
          `run/${String(says)}`,
        );
        await assert.rejects(port.compareAndSet(next, { idempotencyKey: next.writer }), isSo);
        // A retry that finds its own write reads back all the same.
        await assert.rejects(port.compareAndSet(next, { idempotencyKey: next.writer }), isSo);
      }
      await storeOf(scopeOf(test)).check?.();
      api.close();
    } finally {
      await test.close();
    }
  });

  it('an edge that is down is retried; a region that is down is reported, not thrown', async () => {
    const test = await startEdge();
    const port = storeOf(scopeOf(test));
    const router = routerOf(scopeOf(test));
    await test.close();
    await assert.rejects(port.read(), (error) => error instanceof ProviderError && error.kind === 'retry');
    assert.deepEqual(
      (await router.observe()).map(({ generation }) => generation),
      [null, null],
    );
  });

  it('a missing secret is the user’s mistake, named', () => {
    const scope = {
      service: 'docs',
      from: 'blue',
      to: 'green',
      entry: [],
      env: {},
    } as unknown as ProviderScope;
    assert.throws(
      () => storeOf(scope),
      (error) => error instanceof UserError && /CUTOVER_ADMIN_TOKEN/.test(error.message),
    );
  });
});
