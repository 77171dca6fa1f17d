/**
 * The Cloudflare Worker around the router: bindings in, ports out.
 *
 * Invariant: one Edge per isolate; nothing of a request is kept in it, only config, keys and log lines.
 */
import { isColor, type Color } from '../domain/color.ts';
import { pinSecrets } from '../domain/pin.ts';
import { ownDialect, sameDialects, type OwnDialect } from '../domain/streams/own.ts';
import { createAdmin } from './admin.ts';
import { ADMIN_PREFIX } from './contract.ts';
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
import { configMemory } from './config-memory.ts';
import { BOUND_HOST, type OriginUrls } from './entry.ts';
import { isRecord } from '../domain/is-record.ts';
import { parseEdgeConfig } from './parse-config.ts';
import { readDialects } from './read-dialects.ts';
import type { BytePipe } from './request-body.ts';
import { createRouter, type RouterSettings } from './router.ts';
import { ServedConfig } from './served-config.ts';
import { Sockets, type SocketLike } from './sockets.ts';
import { decodedHeader, personalHeaders, type Sticky } from './sticky.ts';
import { UserHash } from './user-hash.ts';
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
  /** Keys the hashes of users in log lines. @default derived from the first of `PIN_SECRETS`, else from `ADMIN_TOKEN` */
  readonly CUTOVER_USER_SECRET?: string;
  /** Header with the user's id; one of the three ways to know a user. @default x-user-id */
  readonly STICKY_HEADER?: string;
  /** Cookie with the user's id. */
  readonly STICKY_COOKIE?: string;
  /** `1`: the router sets the cookie `cutover_id` itself. */
  readonly STICKY_ANONYMOUS?: string;
  /** Where everything goes until a first config is written: the color that is live. @default blue */
  readonly DEFAULT_COLOR?: string;
  /** How long a color may take until its headers, ms. @default 60000 */
  readonly ORIGIN_TIMEOUT_MS?: string;
  /** How long a WebSocket may stay on a color after its user has left it, ms. @default 60000 */
  readonly SOCKET_GRACE_MS?: string;
  /** Origins of pages that may read the router's own answers; `*` is all, without credentials. @default none */
  readonly CORS_ORIGINS?: string;
  /** Path prefixes that only signed pins reach; empty: none. @default /.well-known/cutover,/__fault */
  readonly HIDDEN_ROUTES?: string;
  /** Path prefixes whose unsafe methods are writes. */
  readonly WRITE_ROUTES?: string;
  /** Those of them that enqueue a job. */
  readonly ENQUEUE_ROUTES?: string;
  /** Path prefixes whose GET answers may be cached. */
  readonly CACHE_ROUTES?: string;
  /** How long a read config is served without asking again, ms: KV keeps a value for a minute anyway. @default 5000 */
  readonly CONFIG_TTL_MS?: string;
  /** Age from which a config is doubt, ms. @default 60000 */
  readonly MAX_STALE_MS?: string;
  /** Stream dialects of your own: a JSON list as in a plan's `probes.dialects`. */
  readonly STREAM_DIALECTS?: string;
  readonly ALLOW_FAULTS?: string;
  readonly FAULT_CACHE_LEAK?: string;
}

/** The least that KV allows: a flip is done only when every location's cache has let go of the config before it. */
const KV_CACHE_S = 30;

declare const caches: CacheStorageLike;
declare const FixedLengthStream: new (length: number) => BytePipe;
declare const IdentityTransformStream: new () => BytePipe;
declare const WebSocketPair: new () => { readonly 0: SocketLike; readonly 1: SocketLike };

/** Headers of an upgrade that each of the two connections negotiates for itself. */
const HANDSHAKE = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-extensions'];
const MAX_TIMER_MS = 2 ** 31 - 1;

type Handler = (request: Request, context: ExecutionContext) => Promise<Response>;

function createEdge(env: Env): Handler {
  const settings = settingsOf(env);
  const allowFaults = env.ALLOW_FAULTS === '1';
  const faults = { cacheLeak: allowFaults && env.FAULT_CACHE_LEAK === '1' };
  const store = () => env.CONFIG.get(env.CONFIG.idFromName(settings.service));
  const config = new ServedConfig({
    load: () => load(env, settings.service, store),
    ttlMs: ms(env, 'CONFIG_TTL_MS', 5000),
    maxStaleMs: ms(env, 'MAX_STALE_MS', 60_000),
    memory: configMemory(settings.service, () => caches.open('cutover-config')),
  });
  const logs = new LogBuffer(env.LOGS ?? null, env.LOG_TO_CONSOLE === '1');
  const cache = new EdgeCache({
    service: settings.service,
    routes: list(env.CACHE_ROUTES),
    personal: personalHeaders(settings.sticky),
    open: () => caches.open(`cutover-${settings.region}`),
    node: (request) => nodeOf(settings, request),
    faults,
  });
  const origins: Record<Color, string | Fetcher> = { blue: env.ORIGIN_BLUE, green: env.ORIGIN_GREEN };
  const sockets = new Sockets(ms(env, 'SOCKET_GRACE_MS', 60_000));
  const users = new UserHash(env.CUTOVER_USER_SECRET ?? '', settings.pinSecrets[0] ?? env.ADMIN_TOKEN);
  const route = createRouter(settings, {
    served: (defer) => config.current(defer),
    origin: (color, target, init) => send(origins[color], target, init),
    cache,
    pipe: (length) => (length === null ? new IdentityTransformStream() : new FixedLengthStream(length)),
    upgrade(received, headers, watch) {
      const origin = (received as { webSocket?: SocketLike | null }).webSocket ?? null;
      if (origin === null) return null;
      for (const name of HANDSHAKE) headers.delete(name);
      const pair = new WebSocketPair();
      sockets.join(pair[1], origin, watch);
      return new Response(null, { status: 101, headers, webSocket: pair[0] } as ResponseInit);
    },
    userHash: (key) => users.of(key),
    headerText: decodedHeader,
    log: (line, defer) => logs.push(line, defer),
    clock: () => performance.now(),
  });
  const admin = createAdmin({
    place: settings,
    defaultColor: settings.defaultColor,
    token: env.ADMIN_TOKEN,
    sticky: settings.sticky,
    dialects: sameDialects(dialectsOf(env)),
    sockets: () => sockets.open,
    async served(defer) {
      await config.refresh(defer);
      return config.peek();
    },
    store,
    cache,
    flushLogs: () => logs.drain(),
    faults: allowFaults ? faults : null,
  });
  return (request, context) =>
    new URL(request.url).pathname.startsWith(ADMIN_PREFIX)
      ? admin(request, (work) => context.waitUntil(work))
      : route(request, (work) => context.waitUntil(work));
}

/** A data center has a cache of its own for each region name that routers give it. */
function nodeOf({ region, pop }: RouterSettings, request: Request): string {
  const where = pop === '' ? ((request as { cf?: { colo?: string } }).cf?.colo ?? '') : pop;
  return where === '' ? region : `${region}/${where}`;
}

function settingsOf(env: Env): RouterSettings {
  const fallback = env.DEFAULT_COLOR ?? 'blue';
  if (!isColor(fallback)) throw new Error(`DEFAULT_COLOR must be blue or green, not "${fallback}"`);
  return {
    service: env.SERVICE,
    region: env.REGION ?? 'global',
    pop: env.EDGE_POP ?? '',
    sticky: stickyOf(env),
    defaultColor: fallback,
    pinSecrets: pinSecrets(env.PIN_SECRETS),
    writeRoutes: list(env.WRITE_ROUTES),
    enqueueRoutes: list(env.ENQUEUE_ROUTES),
    hiddenRoutes: list(env.HIDDEN_ROUTES ?? '/.well-known/cutover,/__fault'),
    corsOrigins: list(env.CORS_ORIGINS),
    dialects: dialectsOf(env).map(ownDialect),
    origins: { blue: urlOf(env.ORIGIN_BLUE), green: urlOf(env.ORIGIN_GREEN) } satisfies OriginUrls,
    originTimeoutMs: ms(env, 'ORIGIN_TIMEOUT_MS', 60_000),
  };
}

function dialectsOf({ STREAM_DIALECTS }: Env): readonly OwnDialect[] {
  return readDialects(STREAM_DIALECTS ?? '[]');
}

function stickyOf(env: Env): Sticky {
  const header = env.STICKY_HEADER ?? '';
  const cookie = env.STICKY_COOKIE ?? '';
  const anonymous = env.STICKY_ANONYMOUS === '1';
  if ([header !== '', cookie !== '', anonymous].filter(Boolean).length > 1) {
    throw new Error('set one of STICKY_HEADER, STICKY_COOKIE and STICKY_ANONYMOUS: a user has one key');
  }
  if (anonymous) return { anonymous };
  return cookie === '' ? { header: (header === '' ? 'x-user-id' : header).toLowerCase() } : { cookie };
}

function ms(
  env: Env,
  name: 'CONFIG_TTL_MS' | 'MAX_STALE_MS' | 'ORIGIN_TIMEOUT_MS' | 'SOCKET_GRACE_MS',
  fallback: number,
): number {
  const value = Number(env[name] ?? fallback);
  if (Number.isFinite(value) && value >= 0 && value <= MAX_TIMER_MS) return value;
  throw new Error(`${name} must be milliseconds, not "${env[name]}"`);
}

function urlOf(origin: string | Fetcher): URL | null {
  return typeof origin === 'string' ? new URL(origin) : null;
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
  const { stored } = body as unknown as StoreAnswer;
  const config = stored === null ? null : parseEdgeConfig(stored);
  if (typeof config === 'string') throw new Error(`the config store holds no edge config: ${config}`);
  return config;
}

function send(origin: string | Fetcher, target: string, init: RequestInit): Promise<Response> {
  if (typeof origin !== 'string') return origin.fetch(`https://${BOUND_HOST}${target}`, init);
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
