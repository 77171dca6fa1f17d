/**
 * The Cloudflare Worker around the router: bindings in, ports out.
 *
 * Invariant: one Edge per isolate; nothing of a request is kept in it, only config, keys and log lines.
 */
import type { Color } from '../domain/color.ts';
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
import { LogBuffer, type LogSink } from './log-buffer.ts';
import { configMemory } from './config-memory.ts';
import { BOUND_HOST, type OriginUrls } from './entry.ts';
import { isRecord } from '../domain/is-record.ts';
import { parseEdgeConfig } from './parse-config.ts';
import type { BytePipe } from './request-body.ts';
import { createRouter, type RouterSettings } from './router.ts';
import type { RouterRequest } from './router-request.ts';
import { ServedConfig } from './served-config.ts';
import { readVariables, type RouterVariables } from './settings.ts';
import { Sockets, type SocketLike } from './sockets.ts';
import { decodedHeader, personalHeaders } from './sticky.ts';
import { UserHash } from './user-hash.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';

export { ConfigObject } from './config-object.ts';

/** Bindings beside the variables. */
export interface Env extends RouterVariables {
  /** Address of each color's stack: a URL, or a service binding to its Worker. */
  readonly ORIGIN_BLUE: string | Fetcher;
  readonly ORIGIN_GREEN: string | Fetcher;
  readonly CONFIG_KV: KVNamespace;
  readonly CONFIG: DurableObjectNamespace;
  /** Receives NDJSON batches by POST. */
  readonly LOGS?: Fetcher;
  /** `1` prints every line, for Workers Logs or Logpush. */
  readonly LOG_TO_CONSOLE?: string;
  readonly ALLOW_FAULTS?: string;
  readonly FAULT_CACHE_LEAK?: string;
}

/** KV keeps a value for a minute anyway. */
const CONFIG_TTL_MS = 5000;
/** The least that KV allows: a flip is done only when every location's cache has let go of the config before it. */
const KV_CACHE_S = 30;

declare const caches: CacheStorageLike;
declare const FixedLengthStream: new (length: number) => BytePipe;
declare const IdentityTransformStream: new () => BytePipe;
declare const WebSocketPair: new () => { readonly 0: SocketLike; readonly 1: SocketLike };

/** Headers of an upgrade that each of the two connections negotiates for itself. */
const HANDSHAKE = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-extensions'];

type Handler = (request: Request, context: ExecutionContext) => Promise<Response>;

function createEdge(env: Env): Handler {
  const told = readVariables(env, CONFIG_TTL_MS);
  const settings: RouterSettings = {
    ...told.settings,
    origins: { blue: urlOf(env.ORIGIN_BLUE), green: urlOf(env.ORIGIN_GREEN) } satisfies OriginUrls,
    // The platform has its own limit.
    maxBodyBytes: Number.POSITIVE_INFINITY,
  };
  const allowFaults = env.ALLOW_FAULTS === '1';
  const faults = { cacheLeak: allowFaults && env.FAULT_CACHE_LEAK === '1' };
  const store = () => env.CONFIG.get(env.CONFIG.idFromName(settings.service));
  const config = new ServedConfig({
    load: () => load(env, settings.service, store),
    ttlMs: told.configTtlMs,
    maxStaleMs: told.maxStaleMs,
    memory: configMemory(settings.service, () => caches.open('cutover-config')),
  });
  const logs = new LogBuffer(env.LOGS === undefined ? null : shipTo(env.LOGS), env.LOG_TO_CONSOLE === '1');
  const cache = new EdgeCache({
    service: settings.service,
    routes: told.cacheRoutes,
    personal: personalHeaders(settings.sticky),
    open: () => caches.open(`cutover-${settings.region}`),
    node: (request) => nodeOf(settings, request),
    faults,
  });
  const origins: Record<Color, string | Fetcher> = { blue: env.ORIGIN_BLUE, green: env.ORIGIN_GREEN };
  const sockets = new Sockets(told.socketGraceMs);
  const users = new UserHash(told.userSecret.own, told.userSecret.fallback);
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
    dialects: told.dialects,
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
function nodeOf({ region, pop }: RouterSettings, request: RouterRequest): string {
  const where = pop === '' ? ((request as { cf?: { colo?: string } }).cf?.colo ?? '') : pop;
  return where === '' ? region : `${region}/${where}`;
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

function shipTo(service: Fetcher): LogSink {
  return async (lines) => {
    const body = lines.map((line) => `${line}\n`).join('');
    const answer = await service.fetch('https://logs.cutover/', { method: 'POST', body });
    if (!answer.ok) throw new Error(`log service: HTTP ${answer.status}`);
    return lines.length;
  };
}

function send(origin: string | Fetcher, target: string, init: RequestInit): Promise<Response> {
  if (typeof origin !== 'string') return origin.fetch(`https://${BOUND_HOST}${target}`, init);
  return fetch(origin.replace(/\/$/, '') + target, init);
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
