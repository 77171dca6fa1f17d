/**
 * The router: decides the color of a request, fences its writes, forwards it and writes one line about it.
 * WinterCG only (fetch, Headers, streams); the runtime's own things come in as ports.
 *
 * Invariant: a request is decided once, from one config, and everything said about it (headers, cache key, fence,
 * log line) follows from that one decision.
 */
import type { PinRefusal } from '../domain/pin.ts';
import { writeRefusal, type WriteRefusal } from './app-kit.ts';
import { isStorable, MAX_CACHED_BYTES } from './edge-cache.ts';
import { H } from './headers.ts';
import {
  fenceOf,
  label,
  originInit,
  settle,
  type Defer,
  type Job,
  type RouterPorts,
  type RouterSettings,
} from './job.ts';
import { observeBody } from './observed-body.ts';
import { requestLine, type Outcome } from './request-record.ts';
import { readWhole } from './whole-body.ts';

export type { BytePipe, Defer, RouterPorts, RouterSettings } from './job.ts';

/** JSON answers up to this are passed on whole, bytes. */
const WHOLE_BYTES = 65_536;

export function createRouter(settings: RouterSettings, ports: RouterPorts) {
  return async function route(request: Request, defer: Defer): Promise<Response> {
    const job = await settle(settings, ports, request, defer);
    if (job.pinRefused !== null) return refusePin(ports, job, job.pinRefused);
    if (job.intent !== null) {
      const refused = writeRefusal(fenceOf(job), job.intent, job.startedAt.getTime());
      if (refused !== null) return refuse(ports, job, refused);
    }
    if (job.cache.key !== null) {
      const hit = await ports.cache.match(job.decision.color, job.cache.prefix, job.cache.key);
      if (hit !== undefined) return await answer(ports, { ...job, cache: { ...job.cache, hit: true } }, hit);
    }
    return await forward(ports, job);
  };
}

function refuse(ports: RouterPorts, job: Job, refused: WriteRefusal): Response {
  record(ports, job, {
    status: refused.status,
    headers: null,
    error: null,
    write: refused.reason === 'shadow' ? null : refused.reason,
    body: instant(ports.clock()),
  });
  const body = JSON.stringify({ error: refused.reason, message: refused.message });
  const headers = new Headers({ 'content-type': 'application/json', ...refused.headers });
  return new Response(body, { status: refused.status, headers: label(headers, job) });
}

/**
 * Whoever sends a pin wants one color and no other side effect: sending the request on as a user's could repeat a write, or
 * let one color answer for the other. The answer names no color, because none gave it.
 */
function refusePin(ports: RouterPorts, job: Job, why: PinRefusal): Response {
  const body = instant(ports.clock());
  record(ports, job, { status: 403, headers: null, error: `pin:${why}`, write: null, body });
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // By this a signer sees that its own clock is off.
    date: job.startedAt.toUTCString(),
    [H.pin]: why,
    [H.reason]: job.decision.reason,
  };
  const message = `the ${H.pin} header is not good here (${why}), so the request was sent to no color`;
  return new Response(JSON.stringify({ error: 'pin-refused', why, message }), { status: 403, headers });
}

async function forward(ports: RouterPorts, job: Job): Promise<Response> {
  let received: Response;
  try {
    received = await ports.origin(job.decision.color, job.target, originInit(job));
  } catch (cause) {
    return failed(ports, job, null, connectionError(cause));
  }
  // A WebSocket has no body to watch.
  if (received.status === 101) return received;
  return await answer(ports, job, received);
}

function failed(ports: RouterPorts, job: Job, headers: Headers | null, error: string): Response {
  const body = { firstByteMs: null, usableMs: null, endMs: ports.clock(), error: null };
  record(ports, job, { status: 502, headers, error, write: null, body });
  const text = JSON.stringify({ error, message: `${job.decision.color} did not answer as it should` });
  const own = new Headers({ 'content-type': 'application/json', [H.error]: error });
  return new Response(text, { status: 502, headers: label(own, job) });
}

/** workerd tells a refused connection and one closed before the headers by message only. */
function connectionError(cause: unknown): string {
  return /refused|ECONNREFUSED/i.test(causeText(cause)) ? 'connect:refused' : 'headers:closed';
}

function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return `${cause.message} ${cause.cause === undefined ? '' : causeText(cause.cause)} ${(cause as { code?: string }).code ?? ''}`;
}

/** Answers with the origin's (or the cached) response, watched on its way. */
async function answer(ports: RouterPorts, job: Job, received: Response): Promise<Response> {
  const refusedByApp = received.headers.get(H.write);
  const write = refusedByApp === 'frozen' || refusedByApp === 'late' ? refusedByApp : null;
  const error = received.status < 400 || write !== null ? null : statusClass(received.status);
  const accepted = job.intent !== null && received.status < 400 ? 'accepted' : null;
  const outcome: Omit<Outcome, 'body'> = {
    status: received.status,
    headers: received.headers,
    error,
    write: write ?? accepted,
  };
  const headers = label(new Headers(received.headers), job);
  const init = { status: received.status, statusText: received.statusText, headers };
  if (received.body === null) {
    record(ports, job, { ...outcome, body: instant(ports.clock()) });
    return new Response(null, init);
  }
  const length = knownLength(received);
  let origin = received.body;
  // A small JSON answer is of no use before its end, so waiting for it costs no user anything, and a cut one becomes an
  // honest 502 instead of half a document.
  if (isJson(received) && (length ?? 0) <= WHOLE_BYTES) {
    const read = await readWhole(origin, WHOLE_BYTES);
    if (read.kind === 'cut') return failed(ports, job, received.headers, 'body:truncated');
    if (read.kind === 'whole') {
      record(ports, job, { ...outcome, body: instant(ports.clock()) });
      if (mayStore(job, received)) job.defer(store(ports, job, received, [read.bytes]));
      return new Response(read.bytes, init);
    }
    origin = read.body;
  }
  const { promise: ended, resolve: end } = deferred();
  job.defer(ended);
  const body = observeBody(origin, {
    contentType: received.headers.get('content-type') ?? '',
    clock: ports.clock,
    keepBytes: mayStore(job, received) ? MAX_CACHED_BYTES : 0,
    onEnd(report) {
      record(ports, job, { ...outcome, body: report });
      end(report.kept === null ? null : store(ports, job, received, report.kept));
    },
  });
  if (length === null || ports.fixedLength === null) return new Response(body, init);
  // Keeps content-length on the way out: without it a client cannot tell a cut body from a whole one.
  const { readable, writable } = ports.fixedLength(length);
  job.defer(body.pipeTo(writable).catch(() => undefined));
  return new Response(readable, init);
}

function mayStore(job: Job, received: Response): boolean {
  return job.cache.key !== null && job.cache.hit === false && isStorable(received);
}

async function store(
  ports: RouterPorts,
  job: Job,
  received: Response,
  body: readonly Uint8Array[],
): Promise<void> {
  const { prefix, key } = job.cache;
  // A cache that cannot take an answer costs a hit, not a request.
  const stored = { headers: received.headers, body };
  if (key !== null) await ports.cache.put(job.decision.color, prefix, key, stored).catch(() => undefined);
}

function knownLength(received: Response): number | null {
  const header = received.headers.get('content-length');
  // An encoded body is decoded on its way through; its length on the wire says nothing here.
  if (header === null || received.headers.has('content-encoding')) return null;
  return Number(header);
}

function isJson(received: Response): boolean {
  return (received.headers.get('content-type') ?? '').includes('json');
}

function instant(atMs: number): Outcome['body'] {
  return { firstByteMs: atMs, usableMs: atMs, endMs: atMs, error: null };
}

function record(ports: RouterPorts, job: Job, outcome: Outcome): void {
  ports.log(requestLine(job, outcome), job.defer);
}

function statusClass(status: number): string {
  return `headers:http_${status < 500 ? '4xx' : '5xx'}:${status}`;
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function deferred(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
