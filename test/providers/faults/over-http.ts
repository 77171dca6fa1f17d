/** Calls of a fault table to plain HTTP servers: a color's end, its warm pings, and people's webhook. */
import type { ProviderScope } from '../../../src/ports/index.ts';
import { NOTE } from '../../../src/conformance/notify.ts';
import { STEP as GIVEN } from '../../../src/conformance/step.ts';
import { httpColors } from '../../../src/providers/http/index.ts';
import { httpStep } from '../../../src/providers/http/step.ts';
import { pingWarmup } from '../../../src/providers/pings/index.ts';
import { webhookNotify } from '../../../src/providers/webhook/index.ts';
import { httpProxy, type HttpFault, type HttpProxy } from '../../support/http-proxy.ts';
import { serve, type Asked } from '../http-server.ts';
import { Counted, type Expected, type OverHttp, type World } from './survives.ts';

/** What one call by `fetch` makes of each fault. */
export const BY_FETCH: Readonly<Record<HttpFault, Expected>> = {
  lost: 'retry',
  twice: 'done',
  hang: 'retry',
  slow: 'done',
  truncated: 'retry',
  stale: { never: 'it is a POST, which no cache answers' },
  '429': 'retry',
  '409': 'reread',
  '412': 'reread',
  '503': 'retry',
};

const TIMEOUT_MS = 700;
const WITHIN_MS = 5000;
const COLOR_TOKEN = 'token-of-a-color';

let calls = 0;
export const newKey = (): string => `run/fault-${(calls += 1)}`;

const any = (): boolean => true;

/** A server that does a thing once for each idempotency key, as the contract of colors and receivers wants it. */
async function obeying(open: (url: string) => (key: string) => Promise<unknown>): Promise<World<HttpFault>> {
  const done = new Map<string, number>();
  const server = await serve(({ headers }: Asked) => {
    const key = String(headers['idempotency-key']);
    done.set(key, 1);
    return { body: 'it is so' };
  });
  const proxy: HttpProxy = await httpProxy(server.url);
  const call = open(proxy.url);
  return {
    withinMs: WITHIN_MS,
    async next() {
      const key = newKey();
      return {
        spoil: (how) => proxy.spoil(any, how),
        call: () => call(key),
        times: async () => done.get(key) ?? 0,
      };
    },
    async close() {
      await proxy.close();
      await server.close();
    },
  };
}

export const COLOR: OverHttp = {
  via: 'http',
  provider: 'http',
  port: 'color',
  method: 'retire',
  of: '',
  peer: null,
  expected: BY_FETCH,
  start: () =>
    obeying((url) => {
      const scope = {
        colorUrls: { blue: url, green: url },
        env: { CUTOVER_COLOR_TOKEN: COLOR_TOKEN },
      } as unknown as ProviderScope;
      const port = httpColors({ use: 'http', timeoutMs: TIMEOUT_MS }, scope);
      return (idempotencyKey) => port.retire('blue', { idempotencyKey });
    }),
};

export const NOTIFY: OverHttp = {
  via: 'http',
  provider: 'webhook',
  port: 'notify',
  method: 'send',
  of: '',
  peer: null,
  // The key goes along, and the receiver drops the repeat by it.
  expected: BY_FETCH,
  start: () =>
    obeying((url) => {
      const scope = { env: { CUTOVER_WEBHOOK_URL: url } } as unknown as ProviderScope;
      const port = webhookNotify({ use: 'webhook', timeoutMs: TIMEOUT_MS }, scope);
      return (idempotencyKey) => port.send(NOTE, { idempotencyKey });
    }),
};

export const WARM: OverHttp = {
  via: 'http',
  provider: 'pings',
  port: 'warmup',
  method: 'warm',
  of: '',
  peer: null,
  expected: {
    ...BY_FETCH,
    stale: { never: 'a ping asks for no answer of a cache: `cache-control: no-cache`' },
    lost: 'counted',
    hang: 'counted',
    truncated: 'counted',
    '409': 'counted',
    '412': 'counted',
    '429': 'counted',
    '503': 'counted',
  },
  async start() {
    const server = await serve(() => ({ body: '{"cold":false}' }));
    const proxy = await httpProxy(server.url);
    const scope = { colorUrls: { blue: proxy.url, green: proxy.url }, env: {} } as unknown as ProviderScope;
    const ref = { use: 'pings', direct: true, timeoutMs: TIMEOUT_MS };
    const port = pingWarmup(ref, scope);
    return {
      withinMs: WITHIN_MS,
      async next() {
        const before = server.asked.length;
        const idempotencyKey = newKey();
        return {
          spoil: (how) => proxy.spoil(any, how),
          async call() {
            const { failed, failure } = await port.warm('blue', 3, { idempotencyKey });
            if (failed > 0) throw new Counted(failure ?? '');
          },
          // A color that was asked so often is warm, and no warmer for more.
          times: async () => (server.asked.length - before >= 3 ? 1 : 0),
        };
      },
      async close() {
        await proxy.close();
        await server.close();
      },
    };
  },
};

export const STEP: OverHttp = {
  via: 'http',
  provider: 'http',
  port: 'step',
  method: 'perform',
  of: '',
  peer: null,
  expected: BY_FETCH,
  start: () =>
    obeying((url) => {
      const scope = { env: {} } as unknown as ProviderScope;
      const port = httpStep({ use: 'http', url, timeout: '1s' }, scope);
      return (idempotencyKey) => port.perform({ ...GIVEN, undoes: null }, { idempotencyKey });
    }),
};
