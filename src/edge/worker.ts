/**
 * The Cloudflare Worker around the router: bindings in, ports out.
 *
 * Invariant: one Edge per isolate; nothing of a request is kept in it, only config, keys and log lines.
 */
import { isColor, type Color } from '../domain/color.ts';
import { pinSecrets } from '../domain/pin.ts';
import { ADMIN_PREFIX, createAdmin } from './admin.ts';
import type {
  CacheStorageLike,
  DurableObjectNamespace,
  ExecutionContext,
  Fetcher,
  KVNamespace,
} from './cloudflare-types.ts';
import { kvKey, type StoreAnswer } from './config-object.ts';
import { EdgeCache } from './edge-cache.ts';
import { LogBuffer } from './log-buffer.ts';
import { isRecord, parseEdgeConfig } from './parse-config.ts';
import { createRouter, type BytePipe, type RouterSettings } from './router.ts';
import { ServedConfig } from './served-config.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';

export { ConfigObject } from './config-object.ts';

/** Bindings and variables. Lists are comma-separated; everything with a default may be absent. */
export interface Env {
  /** Address of each color's stack: a URL, or a service binding to its Worker. */
  readonly ORIGIN_BLUE: string | Fetcher;
  readonly ORIGIN_GREEN: string | Fetcher;
  readonly SERVICE: string;
  readonly REGION?: string;
  readonly EDGE_POP?: string;
  readonly CONFIG_KV: KVNamespace;
  readonly CONFIG: DurableObjectNamespace;
  /** Receives NDJSON batches by POST. */
  readonly LOGS?: Fetcher;
  /** `1` prints every line, for Workers Logs or Logpush. */
  readonly LOG_TO_CONSOLE?: string;
  readonly ADMIN_TOKEN: string;
  /** Accepted secrets of signed pins: current, next. */
  readonly PIN_SECRETS?: string;
  /** @default x-user-id */
  readonly STICKY_HEADER?: string;
  /** @default blue */
  readonly DEFAULT_COLOR?: string;
  /** Path prefixes whose unsafe methods are writes. */
  readonly WRITE_ROUTES?: string;
  /** Those of them that enqueue a job. */
  readonly ENQUEUE_ROUTES?: string;
  /** Path prefixes whose GET answers may be cached. */
  readonly CACHE_ROUTES?: string;
  /** How long a read config is served without asking again, ms. @default 250 */
  readonly CONFIG_TTL_MS?: string;
  /** Age from which a config is doubt, ms. @default 60000 */
  readonly MAX_STALE_MS?: string;
  readonly ALLOW_FAULTS?: string;
  readonly FAULT_CACHE_LEAK?: string;
}

/** The least that KV allows: a flip is done only when every location's cache has let go of the config before it. */
const KV_CACHE_S = 30;

declare const caches: CacheStorageLike;
declare const FixedLengthStream: new (length: number) => BytePipe;

type Handler = (request: Request, context: ExecutionContext) => Promise<Response>;

function createEdge(env: Env): Handler {
  const settings = settingsOf(env);
  const allowFaults = env.ALLOW_FAULTS === '1';
  const faults = { cacheLeak: allowFaults && env.FAULT_CACHE_LEAK === '1' };
  const store = () => env.CONFIG.get(env.CONFIG.idFromName(settings.service));
  const config = new ServedConfig({
    load: () => load(env, settings.service, store),
    ttlMs: Number(env.CONFIG_TTL_MS ?? 250),
    maxStaleMs: Number(env.MAX_STALE_MS ?? 60_000),
  });
  const logs = new LogBuffer(env.LOGS ?? null, env.LOG_TO_CONSOLE === '1');
  const cache = new EdgeCache({
    service: settings.service,
    routes: list(env.CACHE_ROUTES),
    open: () => caches.open(`cutover-${settings.region}`),
    faults,
  });
  const origins: Record<Color, string | Fetcher> = { blue: env.ORIGIN_BLUE, green: env.ORIGIN_GREEN };
  const route = createRouter(settings, {
    served: (defer) => config.current(defer),
    origin: (color, target, init) => send(origins[color], target, init),
    cache,
    fixedLength: (length) => new FixedLengthStream(length),
    log: (line, defer) => logs.push(line, defer),
    clock: () => performance.now(),
  });
  const admin = createAdmin({
    place: settings,
    defaultColor: settings.defaultColor,
    token: env.ADMIN_TOKEN,
    async served() {
      await config.refresh();
      return config.peek();
    },
    store,
    cache,
    flushLogs: () => logs.drain(),
    faults: allowFaults ? faults : null,
  });
  return (request, context) =>
    new URL(request.url).pathname.startsWith(ADMIN_PREFIX)
      ? admin(request)
      : route(request, (work) => context.waitUntil(work));
}

function settingsOf(env: Env): RouterSettings {
  const fallback = env.DEFAULT_COLOR ?? 'blue';
  if (!isColor(fallback)) throw new Error(`DEFAULT_COLOR must be blue or green, not "${fallback}"`);
  return {
    service: env.SERVICE,
    region: env.REGION ?? 'global',
    pop: env.EDGE_POP ?? '',
    stickyHeader: (env.STICKY_HEADER ?? 'x-user-id').toLowerCase(),
    defaultColor: fallback,
    pinSecrets: pinSecrets(env.PIN_SECRETS),
    writeRoutes: list(env.WRITE_ROUTES),
    enqueueRoutes: list(env.ENQUEUE_ROUTES),
  };
}

/** KV first (near, cheap); the Durable Object when KV has nothing, because KV also caches "not found". */
async function load(env: Env, service: string, store: () => Fetcher): Promise<EdgeConfig | null> {
  const text = await env.CONFIG_KV.get(kvKey(service), { cacheTtl: KV_CACHE_S }).catch(() => null);
  if (text !== null) {
    const config = parseEdgeConfig(JSON.parse(text));
    if (typeof config === 'string') throw new Error(`KV holds no edge config: ${config}`);
    return config;
  }
  const answer = await store().fetch('https://store.cutover/');
  const body: unknown = await answer.json();
  if (!answer.ok || !isRecord(body)) throw new Error(`config store: HTTP ${answer.status}`);
  return (body as unknown as StoreAnswer).stored;
}

function send(origin: string | Fetcher, target: string, init: RequestInit): Promise<Response> {
  if (typeof origin !== 'string') return origin.fetch(`https://origin.cutover${target}`, init);
  return fetch(origin.replace(/\/$/, '') + target, init);
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

let edge: Handler | null = null;

const worker = {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    edge ??= createEdge(env);
    return edge(request, context);
  },
};

// oxlint-disable-next-line import/no-default-export -- the Workers runtime takes the handler from the default export
export default worker;
