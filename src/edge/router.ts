/**
 * The router: decides the color of a request, fences its writes, forwards it and writes one line about it.
 * WinterCG only (fetch, Headers, streams); the runtime's own things come in as ports.
 *
 * Invariant: a request is decided once, from one config, and everything said about it (headers, cache key, fence,
 * log line) follows from that one decision.
 */
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

export type { Defer, RouterPorts, RouterSettings } from './job.ts';

export function createRouter(settings: RouterSettings, ports: RouterPorts) {
  return async function route(request: Request, defer: Defer): Promise<Response> {
    const job = await settle(settings, ports, request, defer);
    if (job.intent !== null) {
      const refused = writeRefusal(fenceOf(job), job.intent, job.startedAt.getTime());
      if (refused !== null) return refuse(ports, job, refused);
    }
    if (job.cache.key !== null) {
      const hit = await ports.cache.match(job.cache.prefix, job.cache.key);
      if (hit !== undefined) return answer(ports, { ...job, cache: { ...job.cache, hit: true } }, hit);
    }
    return await forward(ports, job);
  };
}

function refuse(ports: RouterPorts, job: Job, refused: WriteRefusal): Response {
  const nowMs = ports.clock();
  record(ports, job, {
    status: refused.status,
    headers: null,
    error: null,
    write: refused.reason === 'shadow' ? null : refused.reason,
    body: { firstByteMs: nowMs, usableMs: nowMs, endMs: nowMs, error: null },
  });
  const body = JSON.stringify({ error: refused.reason, message: refused.message });
  const headers = new Headers({ 'content-type': 'application/json', ...refused.headers });
  return new Response(body, { status: refused.status, headers: label(headers, job) });
}

async function forward(ports: RouterPorts, job: Job): Promise<Response> {
  let received: Response;
  try {
    received = await ports.origin(job.decision.color, job.target, originInit(job));
  } catch (cause) {
    return fail(ports, job, cause);
  }
  // A WebSocket has no body to watch.
  if (received.status === 101) return received;
  return answer(ports, job, received);
}

function fail(ports: RouterPorts, job: Job, cause: unknown): Response {
  const nowMs = ports.clock();
  const error = /refused|ECONNREFUSED/i.test(causeText(cause)) ? 'connect:refused' : 'headers:closed';
  record(ports, job, {
    status: 502,
    headers: null,
    error,
    write: null,
    body: { firstByteMs: null, usableMs: null, endMs: nowMs, error: null },
  });
  const headers = new Headers({ 'content-type': 'application/json', [H.error]: error });
  const body = JSON.stringify({ error, message: `${job.decision.color} did not answer` });
  return new Response(body, { status: 502, headers: label(headers, job) });
}

function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return `${cause.message} ${cause.cause === undefined ? '' : causeText(cause.cause)} ${(cause as { code?: string }).code ?? ''}`;
}

/** Answers with the origin's (or the cached) response, watched on its way. */
function answer(ports: RouterPorts, job: Job, received: Response): Response {
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
    const nowMs = ports.clock();
    record(ports, job, {
      ...outcome,
      body: { firstByteMs: nowMs, usableMs: nowMs, endMs: nowMs, error: null },
    });
    return new Response(null, init);
  }
  const { prefix, key, hit } = job.cache;
  const store = key !== null && hit === false && isStorable(received);
  const { promise: ended, resolve: end } = deferred();
  job.defer(ended);
  const body = observeBody(received.body, {
    contentType: received.headers.get('content-type') ?? '',
    clock: ports.clock,
    keepBytes: store ? MAX_CACHED_BYTES : 0,
    onEnd(report) {
      record(ports, job, { ...outcome, body: report });
      const stored =
        store && report.kept !== null ? ports.cache.put(prefix, key, received, report.kept) : null;
      end(stored);
    },
  });
  return new Response(body, init);
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
