/**
 * What is settled about a request before it is forwarded: who it is for, which color, whether it writes, what is cached.
 *
 * Invariant: settled once. Fence, headers, cache key and log line are all read from the same job.
 */
import { decide, type Decision } from '../domain/bucket.ts';
import type { Color } from '../domain/color.ts';
import { isFrozen } from '../domain/edge-config.ts';
import { PIN_HEADER, verifyPin, type Pin, type PinRefusal } from '../domain/pin.ts';
import type { RequestLine } from '../domain/request-line.ts';
import type { Dialect } from '../domain/streams/dialect.ts';
import type { WriteFence, WriteIntent } from './app-kit.ts';
import { cacheWish, type CacheWish } from './cache-rules.ts';
import { isPreflight } from './cors.ts';
import type { CacheSpot, EdgeCache } from './edge-cache.ts';
import { tellEntry, type OriginUrls } from './entry.ts';
import { H, isReserved } from './headers.ts';
import { underAnySpelling } from './paths.ts';
import type { OpenPipe } from './request-body.ts';
import type { Passage, Place } from './request-record.ts';
import type { RouterRequest } from './router-request.ts';
import type { Served } from './served-config.ts';
import type { SocketWatch } from './sockets.ts';
import { stickyKey, type HeaderText, type Sticky } from './sticky.ts';

export interface RouterSettings extends Place {
  readonly sticky: Sticky;
  /** Where everything goes while no config was ever written. */
  readonly defaultColor: Color;
  readonly pinSecrets: readonly string[];
  /** Path prefixes whose POST/PUT/PATCH/DELETE are writes. */
  readonly writeRoutes: readonly string[];
  /** Those of them that also enqueue a job. */
  readonly enqueueRoutes: readonly string[];
  /** Path prefixes that only signed pins reach. */
  readonly hiddenRoutes: readonly string[];
  /** Origins of pages that may read the router's own answers; `*` is all, without credentials. */
  readonly corsOrigins: readonly string[];
  /** Stream dialects of the user's own. */
  readonly dialects: readonly Dialect[];
  readonly origins: OriginUrls;
  /** How long a color may take until its headers, ms. */
  readonly originTimeoutMs: number;
  /** Requests with a longer body are refused with 413. */
  readonly maxBodyBytes: number;
}

export interface RouterPorts {
  served(defer: Defer): Promise<Served>;
  /** Sends a request to a color's stack; `url` is path and query. */
  origin(color: Color, pathAndQuery: string, init: RequestInit): Promise<Response>;
  readonly cache: EdgeCache;
  log(line: RequestLine, defer: Defer): void;
  /** Hash of a sticky key, as lines carry it. */
  userHash(key: string): Promise<string>;
  readonly headerText: HeaderText;
  /** A pipe that declares its length (`FixedLengthStream`) or none; null where the runtime needs none. */
  readonly pipe: OpenPipe | null;
  /** Takes a WebSocket over and answers with its other end; null where the runtime has none. */
  readonly upgrade: ((received: Response, headers: Headers, watch: SocketWatch) => Response | null) | null;
  /** Monotonic ms. */
  readonly clock: () => number;
}

/** Keeps work alive after the answer was sent (`ctx.waitUntil`). */
export type Defer = (work: Promise<unknown>) => void;

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A socket whose config is older than this is moved all the same: it may never hear of a flip, ms. */
const DEAF_MS = 600_000;
const UNKNOWN: Served = { config: null, doubt: true, ageMs: null };

/** Everything that was settled about one request before it was forwarded. */
export interface Job extends Passage {
  readonly settings: RouterSettings;
  readonly request: RouterRequest;
  /** Address at the entry. */
  readonly url: URL;
  readonly target: string;
  /** False when nobody can say where the request belongs: no config was ever read here, and no pin names a color. */
  readonly isKnown: boolean;
  readonly pin: Pin | null;
  readonly warm: boolean;
  readonly intent: WriteIntent | null;
  /** Why the pin that came with the request is not good; such a request goes to no color. */
  readonly pinRefused: PinRefusal | null;
  readonly stickyKey: string | null;
  readonly setCookie: string | null;
  readonly spot: CacheSpot | null;
  readonly wish: CacheWish;
  /** Aborted when the client is gone, where the runtime tells. */
  readonly gone: AbortSignal;
  readonly user: Promise<string | null>;
  readonly defer: Defer;
}

/** What the router learned before it could settle anything. */
interface Learned {
  readonly pin: Pin | null;
  readonly refused: PinRefusal | null;
  readonly served: Served;
}

export async function settle(
  settings: RouterSettings,
  ports: RouterPorts,
  request: RouterRequest,
  defer: Defer,
): Promise<Job> {
  const startMs = ports.clock();
  const startedAt = new Date();
  const { pin, refused } = await readPin(request, settings, startedAt.getTime());
  // A config that cannot be had is doubt, whatever the reason: the request still leaves its line.
  const served = await ports.served(defer).catch(() => UNKNOWN);
  return jobOf(settings, ports, { request, defer, startMs, startedAt }, { pin, refused, served });
}

function jobOf(
  settings: RouterSettings,
  ports: RouterPorts,
  arrival: Pick<Job, 'request' | 'defer' | 'startMs' | 'startedAt'>,
  { pin, refused, served }: Learned,
): Job {
  const { request, startedAt } = arrival;
  const url = new URL(request.url);
  const sticky = stickyKey(settings.sticky, request.headers, ports.headerText);
  const chosen = choose(settings, served, { key: sticky.key, pin, nowMs: startedAt.getTime() });
  const decision: Decision = refused === null ? chosen : { ...chosen, reason: 'refused' };
  const kind = refused === null ? (pin?.kind ?? 'user') : 'refused';
  const target = url.pathname + url.search;
  const cacheable = (kind === 'user' || kind === 'prime') && ports.cache.covers(request, url.pathname);
  const prefix = ports.cache.prefix(served.config, decision.color);
  const spot = cacheable ? { prefix, host: url.host, key: target } : null;
  const wish = cacheWish(request.headers);
  return {
    ...arrival,
    id: randomId(),
    place: settings,
    settings,
    url,
    target,
    method: request.method,
    path: url.pathname,
    kind,
    pin,
    decision,
    stickyKey: sticky.key,
    // Nobody's id is spent on a request that is ours, or that a browser makes by itself.
    setCookie: kind === 'user' && !isPreflight(request) ? sticky.setCookie : null,
    config: served.config,
    doubt: served.doubt,
    isKnown: served.config !== null || served.ageMs !== null || decision.reason === 'pinned',
    warm: kind === 'warm' && request.headers.get(H.warm) === '1',
    intent: intentOf(settings, request, url.pathname),
    pinRefused: refused,
    spot,
    wish,
    cache:
      spot === null
        ? { prefix, key: null, hit: null, node: null, ttl_s: null }
        : {
            prefix,
            key: target,
            hit: false,
            node: wish.lookup ? ports.cache.node(request) : null,
            ttl_s: null,
          },
    gone: request.signal,
    // A hash that fails costs the line its user, not the request its line.
    user: sticky.key === null ? NOBODY : ports.userHash(sticky.key).catch(() => null),
  };
}

/** 64 random bits, hex. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (half) =>
    half.toString(16).padStart(8, '0'),
  ).join('');
}

const NOBODY = Promise.resolve(null);

async function readPin(
  request: RouterRequest,
  { service, pinSecrets: secrets }: RouterSettings,
  nowMs: number,
): Promise<{ pin: Pin | null; refused: PinRefusal | null }> {
  const header = request.headers.get(PIN_HEADER);
  if (header === null) return { pin: null, refused: null };
  const read = await verifyPin(header, { service, secrets, nowMs });
  return read.ok ? { pin: read.pin, refused: null } : { pin: null, refused: read.why };
}

function choose(settings: RouterSettings, served: Served, input: Parameters<typeof decide>[1]): Decision {
  const { config } = served;
  if (config === null)
    return {
      color: input.pin?.color ?? settings.defaultColor,
      reason: input.pin?.color ? 'pinned' : 'doubt',
      bucket: null,
    };
  const decision = decide(config, input);
  if (!served.doubt || decision.reason === 'pinned') return decision;
  // Doubt means the color of record: `from` until the flip moved the producers, `to` from then on,
  // when `from` refuses writes and may be gone.
  return { ...decision, color: config.producer, reason: 'doubt' };
}

/** True when a request like this one would go to the other color now. */
export async function hasMoved(ports: RouterPorts, job: Job): Promise<boolean> {
  if (job.decision.reason === 'pinned') return false;
  const served = await ports.served(job.defer);
  if ((served.ageMs ?? 0) > DEAF_MS) return true;
  const now = choose(job.settings, served, { key: job.stickyKey, pin: job.pin, nowMs: Date.now() });
  return now.color !== job.decision.color;
}

/** The mark of a client can make a request a write, never make a write a read. */
function intentOf(settings: RouterSettings, request: RouterRequest, path: string): WriteIntent | null {
  const op = request.headers.get(H.op);
  const unsafe = !SAFE_METHODS.has(request.method);
  const enqueue = op === 'enqueue' || (unsafe && underAnySpelling(settings.enqueueRoutes, path));
  if (enqueue) return { enqueue };
  return op === 'write' || (unsafe && underAnySpelling(settings.writeRoutes, path)) ? {} : null;
}

/** What the config says about writes of this request. */
export function fenceOf(job: Job): WriteFence {
  const { config, decision } = job;
  return {
    known: !job.doubt,
    kind: job.kind,
    writes: config?.writes[decision.color] ?? 'open',
    freezeUntilMs: config?.freezeUntilMs ?? null,
    freezeScope: config?.from === decision.color ? 'all' : 'enqueue',
  };
}

/** The headers of the request as the color's stack gets them. */
export function originHeaders(job: Job): Headers {
  const headers = new Headers(job.request.headers);
  for (const name of Array.from(headers.keys()).filter(isReserved)) headers.delete(name);
  const { config, decision } = job;
  const fence = fenceOf(job);
  tellEntry(headers, job.url);
  headers.set(H.color, decision.color);
  headers.set(H.generation, String(config?.generation ?? 0));
  headers.set(H.release, releaseOf(job));
  headers.set(H.kind, job.kind);
  if (decision.reason === 'cohort') headers.set(H.exp, decision.color);
  headers.set(H.writes, job.doubt ? 'read-only' : fence.writes);
  headers.set(H.producer, config?.producer ?? decision.color);
  if (config !== null && isFrozen(config, job.startedAt.getTime())) {
    headers.set(H.freezeUntil, String(config.freezeUntilMs));
    headers.set(H.freezeScope, fence.freezeScope);
  }
  if (job.warm) headers.set(H.warm, '1');
  return headers;
}

/** Says on an answer how it came about. */
export function label(headers: Headers, job: Job): Headers {
  const { config, decision, cache } = job;
  headers.delete(H.storedBy);
  headers.set(H.color, decision.color);
  headers.set(H.generation, String(config?.generation ?? 0));
  headers.set(H.release, releaseOf(job));
  headers.set(H.reason, decision.reason);
  headers.set(H.cache, cache.hit === null ? 'none' : cache.hit ? 'hit' : 'miss');
  if (job.setCookie !== null) {
    headers.append('set-cookie', job.setCookie);
    // One user's id must not reach others through a cache on the way.
    headers.set('cache-control', 'private, no-cache');
  }
  return headers;
}

/** A release id in characters that every header may carry. */
function releaseOf({ config, decision }: Job): string {
  return (config?.releases[decision.color] ?? '').replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}
