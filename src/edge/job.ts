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
import type { WriteFence, WriteIntent } from './app-kit.ts';
import { type EdgeCache, underAny } from './edge-cache.ts';
import { H, isReserved } from './headers.ts';
import type { Passage, Place } from './request-record.ts';
import type { Served } from './served-config.ts';

export interface RouterSettings extends Place {
  /** Lower-case name of the header with the sticky key. */
  readonly stickyHeader: string;
  /** Where everything goes while no config was ever written. */
  readonly defaultColor: Color;
  readonly pinSecrets: readonly string[];
  /** Path prefixes whose POST/PUT/PATCH/DELETE are writes. */
  readonly writeRoutes: readonly string[];
  /** Those of them that also enqueue a job. */
  readonly enqueueRoutes: readonly string[];
}

export interface RouterPorts {
  served(defer: Defer): Promise<Served>;
  /** Sends a request to a color's stack; `url` is path and query. */
  origin(color: Color, pathAndQuery: string, init: RequestInit): Promise<Response>;
  readonly cache: EdgeCache;
  log(line: RequestLine, defer: Defer): void;
  /** A pipe that declares its length (`FixedLengthStream`); null where the runtime has none. */
  readonly fixedLength: ((length: number) => BytePipe) | null;
  /** Monotonic ms. */
  readonly clock: () => number;
}

export interface BytePipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** Keeps work alive after the answer was sent (`ctx.waitUntil`). */
export type Defer = (work: Promise<unknown>) => void;

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Everything that was settled about one request before it was forwarded. */
export interface Job extends Passage {
  readonly request: Request;
  readonly target: string;
  readonly doubt: boolean;
  readonly warm: boolean;
  readonly intent: WriteIntent | null;
  /** Why the pin that came with the request is not good; such a request goes to no color. */
  readonly pinRefused: PinRefusal | null;
  readonly defer: Defer;
}

export async function settle(
  settings: RouterSettings,
  ports: RouterPorts,
  request: Request,
  defer: Defer,
): Promise<Job> {
  const startMs = ports.clock();
  const startedAt = new Date();
  const url = new URL(request.url);
  const { pin, refused } = await readPin(request, settings, startedAt.getTime());
  const served = await ports.served(defer);
  const stickyKey = request.headers.get(settings.stickyHeader);
  const chosen = choose(settings, served, { key: stickyKey, pin, nowMs: startedAt.getTime() });
  const decision: Decision = refused === null ? chosen : { ...chosen, reason: 'refused' };
  const kind = refused === null ? (pin?.kind ?? 'user') : 'refused';
  const target = url.pathname + url.search;
  const cacheable = (kind === 'user' || kind === 'prime') && ports.cache.covers(request, url.pathname);
  const prefix = ports.cache.prefix(served.config, decision.color);
  return {
    place: settings,
    request,
    defer,
    target,
    startMs,
    startedAt,
    method: request.method,
    path: url.pathname,
    kind,
    decision,
    stickyKey,
    config: served.config,
    doubt: served.doubt,
    warm: kind === 'warm' && request.headers.get(H.warm) === '1',
    intent: intentOf(settings, request, url.pathname),
    pinRefused: refused,
    cache: cacheable
      ? { prefix, key: target, hit: false, repeat: ports.cache.repeats(prefix, target) }
      : { prefix, key: null, hit: null, repeat: false },
  };
}

async function readPin(
  request: Request,
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

/** The mark of a client can make a request a write, never make a write a read. */
function intentOf(settings: RouterSettings, request: Request, path: string): WriteIntent | null {
  const op = request.headers.get(H.op);
  const unsafe = !SAFE_METHODS.has(request.method);
  const enqueue = op === 'enqueue' || (unsafe && underAny(settings.enqueueRoutes, path));
  if (enqueue) return { enqueue };
  return op === 'write' || (unsafe && underAny(settings.writeRoutes, path)) ? {} : null;
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

/** The request as the color's stack gets it; the body is passed on as a stream. */
export function originInit(job: Job): RequestInit {
  const headers = new Headers(job.request.headers);
  for (const name of Array.from(headers.keys()).filter(isReserved)) headers.delete(name);
  const { config, decision } = job;
  const fence = fenceOf(job);
  headers.set(H.color, decision.color);
  headers.set(H.generation, String(config?.generation ?? 0));
  headers.set(H.release, config?.releases[decision.color] ?? '');
  headers.set(H.kind, job.kind);
  headers.set(H.writes, job.doubt ? 'read-only' : fence.writes);
  headers.set(H.producer, config?.producer ?? decision.color);
  if (config !== null && isFrozen(config, job.startedAt.getTime())) {
    headers.set(H.freezeUntil, String(config.freezeUntilMs));
    headers.set(H.freezeScope, fence.freezeScope);
  }
  if (job.warm) headers.set(H.warm, '1');
  const init: RequestInit = { method: job.method, headers, redirect: 'manual' };
  return job.request.body === null ? init : { ...init, body: job.request.body, duplex: 'half' };
}

/** Says on an answer how it came about. */
export function label(headers: Headers, job: Job): Headers {
  const { config, decision, cache } = job;
  headers.delete(H.storedBy);
  headers.set(H.color, decision.color);
  headers.set(H.generation, String(config?.generation ?? 0));
  headers.set(H.release, config?.releases[decision.color] ?? '');
  headers.set(H.reason, decision.reason);
  headers.set(H.cache, cache.hit === null ? 'none' : cache.hit ? 'hit' : 'miss');
  return headers;
}
