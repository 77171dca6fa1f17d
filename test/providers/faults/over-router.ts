/** Calls of a fault table to the router Worker on workerd: its config store, and its cache. */
import { nextEdgeConfig } from '../../../src/domain/edge-config.ts';
import type { CachePort, ConfigStorePort, ProviderScope } from '../../../src/ports/index.ts';
import { cloudflareOptions } from '../../../src/providers/cloudflare/options.ts';
import { durableObjectStore } from '../../../src/providers/cloudflare/store.ts';
import { routerCache } from '../../../src/providers/router/cache.ts';
import { routerOptions } from '../../../src/providers/router/options.ts';
import { ADMIN_TOKEN, PIN_SECRET, startEdge } from '../../edge/support.ts';
import { httpProxy, type HttpProxy, type Passing } from '../../support/http-proxy.ts';
import { BY_FETCH, newKey } from './over-http.ts';
import { Counted, type OverHttp } from './survives.ts';

/** A slow machine's workerd takes its time, too. */
const TIMEOUT_MS = 2500;
const WITHIN_MS = 10_000;
const OPTIONS = { use: 'cloudflare', account: 'acct', namespace: 'cutover-config', timeoutMs: TIMEOUT_MS };

interface Behind {
  readonly store: ConfigStorePort;
  readonly cache: CachePort;
  /** Before the first region and its store. */
  readonly proxy: HttpProxy;
  /** Before Cloudflare's own API. */
  readonly api: HttpProxy;
  readonly close: () => Promise<void>;
}

async function behind(): Promise<Behind> {
  const test = await startEdge();
  await test.set({});
  const [first, second] = test.edge.entries;
  if (first === undefined || second === undefined) throw new Error('the edge has two regions');
  const proxy = await httpProxy(first.url);
  const explorer = new URL(test.edge.explorerUrl);
  const api = await httpProxy(explorer.origin);
  const scope: ProviderScope = {
    service: 'docs',
    from: 'blue',
    to: 'green',
    entry: [{ ...first, url: proxy.url }, second],
    colorUrls: { blue: test.origins.blue.url, green: test.origins.green.url },
    env: {
      CUTOVER_ADMIN_TOKEN: ADMIN_TOKEN,
      CUTOVER_PIN_SECRET: PIN_SECRET,
      CLOUDFLARE_API_TOKEN: 'local',
      CLOUDFLARE_BASE_URL: api.url + explorer.pathname,
    },
  };
  const store = durableObjectStore(cloudflareOptions({ ...OPTIONS, propagationMs: 5000 }, scope));
  const times = { use: 'router', timeoutMs: TIMEOUT_MS, propagationMs: 5000 };
  return {
    store,
    cache: routerCache(routerOptions(times, scope, 'cache'), store),
    proxy,
    api,
    async close() {
      await proxy.close();
      await api.close();
      await test.close();
    },
  };
}

const isPut = ({ method, path }: Passing): boolean => method === 'PUT' && path.endsWith('/store');
const isStoreRead = ({ method, path }: Passing): boolean => method === 'GET' && path.endsWith('/store');

/** A 409 that is not the store's own says nothing of who was first. */
const OF_STORE = { ...BY_FETCH, '409': 'retry' } as const;

export const CLOUDFLARE_STORE: OverHttp = {
  via: 'http',
  provider: 'cloudflare',
  port: 'store',
  method: 'compareAndSet',
  of: '',
  peer: null,
  expected: { ...OF_STORE, stale: 'done' },
  async start() {
    const { store, proxy, api, close } = await behind();
    return {
      withinMs: WITHIN_MS,
      async next() {
        const before = await store.read();
        if (before === null) throw new Error('the edge begins with a config');
        const next = nextEdgeConfig(before, { weightPercent: before.generation % 50 }, newKey());
        return {
          spoil(how) {
            if (how === 'stale') api.spoil(({ path }) => path.includes('/values/'), how);
            else proxy.spoil(isPut, how);
          },
          call: () => store.compareAndSet(next, { idempotencyKey: next.writer }),
          async times() {
            const now = await store.read();
            if (now?.writer !== next.writer) throw new Error(`${now?.writer} wrote last`);
            return now.generation - before.generation;
          },
        };
      },
      close,
    };
  },
};

export const ROUTER_PURGE: OverHttp = {
  via: 'http',
  provider: 'router',
  port: 'cache',
  method: 'purge',
  of: '',
  peer: null,
  // It reads again by itself where somebody else is said to have been first.
  expected: { ...OF_STORE, '412': 'done', stale: 'done' },
  async start() {
    const { store, cache, proxy, close } = await behind();
    const epoch = async (): Promise<number> => (await store.read())?.cacheEpoch.blue ?? 0;
    return {
      withinMs: WITHIN_MS,
      async next() {
        const idempotencyKey = newKey();
        const before = await epoch();
        return {
          async spoil(how) {
            // What the read before this write answered.
            if (how === 'stale') await cache.purge('green', { idempotencyKey: newKey() });
            proxy.spoil(how === 'stale' ? isStoreRead : isPut, how);
          },
          call: () => cache.purge('blue', { idempotencyKey }),
          times: async () => (await epoch()) - before,
        };
      },
      close,
    };
  },
};

export const ROUTER_PRIME: OverHttp = {
  via: 'http',
  provider: 'router',
  port: 'cache',
  method: 'prime',
  of: '',
  peer: null,
  // A read that fails is read again; one that is refused counts as failed, and is for the next call.
  expected: {
    ...BY_FETCH,
    lost: 'done',
    hang: 'done',
    truncated: 'done',
    stale: 'done',
    '429': 'counted',
    '409': 'counted',
    '412': 'counted',
    '503': 'counted',
  },
  async start() {
    const { cache, proxy, close } = await behind();
    let keys = 0;
    return {
      withinMs: WITHIN_MS,
      async next() {
        const key = `/answer?q=fault-${(keys += 1)}`;
        const prime = async (): Promise<void> => {
          const { failed } = await cache.prime('blue', [key], { idempotencyKey: newKey() });
          if (failed > 0) throw new Counted(`${failed} failed`);
        };
        return {
          async spoil(how) {
            if (how === 'stale') {
              // What stands in the cache of another namespace by now.
              await prime();
              await cache.purge('blue', { idempotencyKey: newKey() });
            }
            proxy.spoil(({ path }) => path === key, how);
          },
          call: prime,
          async times() {
            const { checked, stillCached } = await cache.verifyPurged('blue', [key]);
            if (stillCached < checked) throw new Error(`${stillCached} of ${checked} regions have it`);
            return 1;
          },
        };
      },
      close,
    };
  },
};
