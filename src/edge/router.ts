/**
 * The router: decides the color of a request, fences its writes, forwards it and writes one line about it.
 * WinterCG only (fetch, Headers, streams); the runtime's own things come in as ports.
 *
 * Invariant: a request is decided once, from one config, and everything said about it (headers, cache key, fence,
 * log line) follows from that one decision.
 */
import { userStatusClass } from '../domain/clusters/server-error.ts';
import type { PinRefusal } from '../domain/pin.ts';
import { writeRefusal, type WriteRefusal } from './app-kit.ts';
import { lifetimeS } from './cache-rules.ts';
import { allowOrigin, isPreflight, preflightHeaders } from './cors.ts';
import { MAX_CACHED_BYTES } from './edge-cache.ts';
import { keepAtEntry } from './entry.ts';
import { H } from './headers.ts';
import {
  fenceOf,
  hasMoved,
  label,
  settle,
  type Defer,
  type Job,
  type RouterPorts,
  type RouterSettings,
} from './job.ts';
import { isWholeJson } from '../domain/streams/framing.ts';
import { observeBody } from './observed-body.ts';
import { instant, openLine, without, writeLine, type OpenLine } from './open-line.ts';
import { callOrigin, READS, type Failure } from './origin-call.ts';
import { underAnySpelling } from './paths.ts';
import { bodyOfRead, TOO_LARGE } from './request-body.ts';
import type { Outcome } from './request-record.ts';
import type { RouterRequest } from './router-request.ts';
import { answeredError } from './watch-body.ts';
import { readWhole } from './whole-body.ts';

export type { Defer, RouterPorts, RouterSettings } from './job.ts';

/** JSON answers up to this are passed on whole, bytes… */
const WHOLE_BYTES = 65_536;
/** …if they are there within this share of the time until their headers, or these ms: nobody waits longer for them. */
const HOLD_SHARE = 0.05;
const HOLD_MS = 5;
/** After this a client may ask again where no config is known, s. */
const RETRY_S = 5;

/** One request on its way. */
interface Trip {
  readonly ports: RouterPorts;
  readonly job: Job;
  readonly line: OpenLine;
}

export function createRouter(settings: RouterSettings, ports: RouterPorts) {
  return async function route(request: RouterRequest, defer: Defer): Promise<Response> {
    const job = await settle(settings, ports, request, defer);
    const trip = { ports, job, line: openLine(ports, defer) };
    try {
      return await respond(trip);
    } catch {
      return byEdge(trip, 500, { error: 'edge:exception', message: 'the router broke on this request' });
    }
  };
}

async function respond(trip: Trip): Promise<Response> {
  const { ports, job } = trip;
  const { corsOrigins, hiddenRoutes } = job.settings;
  if (job.pinRefused !== null) return refusePin(trip, job.pinRefused);
  if (job.pin === null && underAnySpelling(hiddenRoutes, job.path)) {
    return byEdge(trip, 404, { error: null, message: 'this path is not served to the public' });
  }
  if (corsOrigins.length > 0 && isPreflight(job.request)) {
    trip.line.write(job, { ...outcomeOf(204, null, instant(ports.clock())), byEdge: true });
    const headers = label(preflightHeaders(job.request, corsOrigins), job);
    return new Response(null, { status: 204, headers });
  }
  if (!job.isKnown) {
    const message = 'the router has no config yet, and does not guess where this request belongs';
    return byEdge(trip, 503, { error: 'edge:no_config', message }, { 'retry-after': String(RETRY_S) });
  }
  if (job.intent !== null) {
    const refused = writeRefusal(fenceOf(job), job.intent, job.startedAt.getTime());
    if (refused !== null) return refuse(trip, refused);
  }
  if (READS.has(job.method)) {
    const found = await bodyOfRead(job.request.body);
    const message = `a ${job.method} request has no body here; send it with POST`;
    if (found === 'some') return byEdge(trip, 400, { error: 'client:body_on_read', message });
    if (found === 'cut') return byEdge(trip, 400, { error: 'client:upload_cut', message });
  } else if (Number(job.request.headers.get('content-length') ?? 0) > job.settings.maxBodyBytes) {
    return byEdge(trip, 413, { error: TOO_LARGE, message: tooLarge(job) });
  }
  if (job.spot !== null && job.wish.lookup) {
    const hit = await ports.cache.match(job.decision.color, job.spot, job.request.headers);
    if (hit !== undefined) {
      return await answer({ ...trip, job: { ...job, cache: { ...job.cache, hit: true } } }, hit);
    }
  }
  return await forward(trip);
}

/** An answer in which no color had a part. */
function byEdge(
  trip: Trip,
  status: number,
  said: { readonly error: string | null; readonly message: string },
  extra: Readonly<Record<string, string>> = {},
): Response {
  trip.line.write(trip.job, { ...outcomeOf(status, said.error, without(trip.ports.clock())), byEdge: true });
  return own(trip.job, status, { error: said.error ?? 'not_public', message: said.message }, extra);
}

/** An answer in the router's own words. */
function own(job: Job, status: number, body: object, extra: Readonly<Record<string, string>>): Response {
  const headers = label(new Headers({ 'content-type': 'application/json', ...extra }), job);
  allowOrigin(headers, job.request, job.settings.corsOrigins);
  return withLength(body, status, headers);
}

/** Not every runtime tells the length of a text by itself. */
function withLength(body: object, status: number, headers: Headers): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  headers.set('content-length', String(bytes.byteLength));
  return new Response(bytes, { status, headers });
}

function refuse({ ports, job, line }: Trip, refused: WriteRefusal): Response {
  line.write(job, {
    ...outcomeOf(refused.status, null, instant(ports.clock())),
    write: refused.reason === 'shadow' ? null : refused.reason,
  });
  return own(job, refused.status, { error: refused.reason, message: refused.message }, refused.headers);
}

/**
 * Whoever sends a pin wants one color and no other side effect: sending the request on as a user's could repeat a write, or
 * let one color answer for the other. The answer names no color, because none gave it.
 */
function refusePin({ ports, job, line }: Trip, why: PinRefusal): Response {
  line.write(job, { ...outcomeOf(403, `pin:${why}`, instant(ports.clock())), byEdge: true });
  const headers = new Headers({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // By this a signer sees that its own clock is off.
    date: job.startedAt.toUTCString(),
    [H.pin]: why,
    [H.reason]: job.decision.reason,
  });
  const message = `the ${H.pin} header is not good here (${why}), so the request was sent to no color`;
  return withLength({ error: 'pin-refused', why, message }, 403, headers);
}

async function forward(trip: Trip): Promise<Response> {
  const { ports, job, line } = trip;
  const received = await callOrigin(ports, job, ({ status, error }) =>
    line.write(job, outcomeOf(status, error, without(ports.clock()))),
  );
  if (!(received instanceof Response)) return failed(trip, null, received);
  if (received.status === 101) return upgrade(trip, received);
  return await answer(trip, received);
}

function upgrade(trip: Trip, received: Response): Response {
  const { ports, job, line } = trip;
  const { color } = job.decision;
  const headers = label(new Headers(received.headers), job);
  const opened = ports.upgrade?.(received, headers, {
    color,
    moved: () => hasMoved(ports, job),
    onEnd({ error, ...bytes }) {
      const outcome = { ...outcomeOf(101, error, instant(ports.clock())), headers: received.headers };
      job.defer(writeLine(ports, job, { ...outcome, socket: { event: 'close', ...bytes } }));
    },
  });
  if (opened === null || opened === undefined) {
    return failed(trip, received.headers, { status: 502, error: 'headers:bad_status:101' });
  }
  const outcome = { ...outcomeOf(101, null, instant(ports.clock())), headers: received.headers };
  line.write(job, { ...outcome, socket: { event: 'open', bytesIn: 0, bytesOut: 0 } });
  return opened;
}

function failed({ ports, job, line }: Trip, headers: Headers | null, { status, error }: Failure): Response {
  line.write(job, { ...outcomeOf(status, error, without(ports.clock())), headers });
  const message =
    error === TOO_LARGE
      ? tooLarge(job)
      : error.startsWith('client:')
        ? 'the request did not arrive whole'
        : `${job.decision.color} did not answer as it should`;
  return own(job, status, { error, message }, { [H.error]: error });
}

function tooLarge({ settings }: Job): string {
  return `a request may have a body of ${settings.maxBodyBytes} bytes here`;
}

/** Answers with the origin's (or the cached) response, watched on its way. */
async function answer(trip: Trip, received: Response): Promise<Response> {
  const { ports, job, line } = trip;
  const refusedByApp = received.headers.get(H.write);
  const write = refusedByApp === 'frozen' || refusedByApp === 'late' ? refusedByApp : null;
  const error = userStatusClass(received.status, write);
  const accepted = job.intent !== null && received.status < 400 ? 'accepted' : null;
  const outcome: Omit<Outcome, 'body'> = {
    status: received.status,
    headers: received.headers,
    error,
    write: write ?? accepted,
  };
  const headers = label(new Headers(received.headers), job);
  keepAtEntry(headers, job.url, job.decision.color, job.settings.origins);
  const init = { status: received.status, statusText: received.statusText, headers };
  if (received.body === null) {
    line.write(job, { ...outcome, body: instant(ports.clock()) });
    return new Response(null, init);
  }
  const length = knownLength(received);
  const contentType = received.headers.get('content-type') ?? '';
  let origin = received.body;
  // A small JSON answer is of no use before its end, so a cut one becomes an honest 502 instead of half a document.
  if (length !== null && length <= WHOLE_BYTES && isWholeJson(contentType)) {
    const read = await readWhole(origin, Math.max(HOLD_MS, HOLD_SHARE * (ports.clock() - job.startMs)));
    if (read.kind === 'cut') return failed(trip, received.headers, { status: 502, error: 'body:truncated' });
    if (read.kind === 'whole') {
      const isGood = received.status < 400;
      const said = isGood ? answeredError(new TextDecoder().decode(read.bytes)) : error;
      const isStored = said === null && mayStore(trip, received);
      const told = { ...outcome, error: said, body: instant(ports.clock()) };
      line.write(isStored ? storing(job, received) : job, told);
      if (isStored) job.defer(store(trip, received, [read.bytes]));
      return new Response(read.bytes, init);
    }
    origin = read.body;
  }
  const body = observeBody(origin, {
    headers: received.headers,
    status: received.status,
    dialects: job.settings.dialects,
    clock: ports.clock,
    keepBytes: mayStore(trip, received) ? MAX_CACHED_BYTES : 0,
    gone: job.gone,
    onEnd(report) {
      line.write(report.kept === null ? job : storing(job, received), { ...outcome, body: report });
      if (report.kept !== null) job.defer(store(trip, received, report.kept));
    },
  });
  if (length === null || ports.pipe === null) return new Response(body, init);
  // Keeps content-length on the way out: without it a client cannot tell a cut body from a whole one.
  const { readable, writable } = ports.pipe(length);
  job.defer(body.pipeTo(writable).catch(() => undefined));
  return new Response(readable, init);
}

function mayStore({ ports, job }: Trip, received: Response): boolean {
  return (
    job.spot !== null &&
    job.wish.keep &&
    job.cache.hit === false &&
    ports.cache.keeps(job.request.headers, received.status, received.headers)
  );
}

/** The job as its line tells it once the answer is to be stored. */
function storing(job: Job, { headers }: Response): Job {
  return { ...job, cache: { ...job.cache, ttl_s: lifetimeS(headers) } };
}

async function store({ ports, job }: Trip, received: Response, body: readonly Uint8Array[]): Promise<void> {
  if (job.spot === null) return;
  // A cache that cannot take an answer costs a hit, not a request.
  const stored = { headers: received.headers, body };
  await ports.cache.put(job.decision.color, job.spot, job.request.headers, stored).catch(() => undefined);
}

function knownLength(received: Response): number | null {
  const header = received.headers.get('content-length');
  // An encoded body is decoded on its way through; its length on the wire says nothing here.
  if (header === null || received.headers.has('content-encoding')) return null;
  return Number(header);
}

function outcomeOf(status: number, error: string | null, body: Outcome['body']): Outcome {
  return { status, headers: null, error, write: null, body };
}
