/**
 * The router's own routes under `/__cutover/`: what this region serves, the store's truth, cache look-ups.
 *
 * Invariant: none of them answers without the admin token, and the token is compared in constant time.
 */
import { COLORS, type Color } from '../domain/color.ts';
import type { Fetcher } from './cloudflare-types.ts';
import { ADMIN_PREFIX, MAX_LOOKUP_KEYS, parseLookup, ROUTES, type ServedReport } from './contract.ts';
import type { CacheFaults, EdgeCache } from './edge-cache.ts';
import type { Place } from './request-record.ts';
import { isRecord } from '../domain/is-record.ts';
import { MAX_CONFIG_BYTES } from './parse-config.ts';
import type { Defer } from './job.ts';
import type { Served } from './served-config.ts';
import type { Sticky } from './sticky.ts';

export interface AdminPorts {
  readonly place: Place;
  /** Where users go while no config was ever written. */
  readonly defaultColor: Color;
  readonly token: string;
  readonly sticky: Sticky;
  /** Stream dialects of the user's own, as `sameDialects` writes them. */
  readonly dialects: string;
  /** WebSockets that are open now. */
  sockets(): Readonly<Record<Color, number>>;
  served(defer: Defer): Promise<Served>;
  store(): Fetcher;
  readonly cache: EdgeCache;
  flushLogs(): Promise<boolean>;
  /** What the other processes of this router serve; absent where it is one process. Rejects when one of them does not tell. */
  others?(): Promise<readonly ServedReport[]>;
  /** Null unless faults are allowed here. */
  readonly faults: CacheFaults | null;
}

export function createAdmin(ports: AdminPorts) {
  return async function admin(request: Request, defer: Defer): Promise<Response> {
    if (!(await authorised(request, ports.token))) {
      return problem(
        401,
        'this route needs "authorization: Bearer <admin token>" with the token of this edge',
      );
    }
    const route = `${request.method} ${new URL(request.url).pathname.slice(ADMIN_PREFIX.length)}`;
    switch (route) {
      case `GET ${ROUTES.config}`:
        return await reportAll(ports, defer);
      case `GET ${ROUTES.store}`:
        return await ports.store().fetch('https://store.cutover/');
      case `PUT ${ROUTES.store}`:
        return await put(ports, request);
      case `POST ${ROUTES.lookup}`:
        return await lookup(ports, request, defer);
      case `POST ${ROUTES.flush}`:
        return Response.json({ flushed: await ports.flushLogs() });
      case `POST ${ROUTES.fault}`:
        return await fault(ports, request);
      default:
        return problem(404, `no such route: ${route}`);
    }
  };
}

/** A region serves a generation when each of its processes does: the one that is behind speaks for all. */
async function reportAll(ports: AdminPorts, defer: Defer): Promise<Response> {
  let reports: readonly ServedReport[];
  try {
    // Awaited together: one that rejects while the other is still waited for would end the process.
    const [own, others] = await Promise.all([report(ports, defer), ports.others?.() ?? []]);
    reports = [own, ...others];
  } catch (cause) {
    return problem(503, `not every process of this router tells what it serves: ${String(cause)}`);
  }
  const behind = reports.reduce((a, b) => (rank(b) < rank(a) ? b : a));
  const openSockets = { blue: 0, green: 0 };
  for (const one of reports) for (const color of COLORS) openSockets[color] += one.openSockets[color];
  return Response.json({ ...behind, openSockets } satisfies ServedReport);
}

/** Doubt counts as being behind every generation. */
function rank({ doubt, generation }: ServedReport): number {
  return doubt ? -1 : (generation ?? -1);
}

/** What this process serves, read anew. */
export async function report(
  ports: Pick<AdminPorts, 'place' | 'defaultColor' | 'sticky' | 'dialects' | 'sockets' | 'served'>,
  defer: Defer,
): Promise<ServedReport> {
  const served = await ports.served(defer);
  const { place, defaultColor, sticky, dialects } = ports;
  return {
    service: place.service,
    region: place.region,
    pop: place.pop,
    generation: served.config?.generation ?? (served.doubt ? null : 0),
    weightPercent: served.config?.weightPercent ?? null,
    doubt: served.doubt,
    ageMs: served.ageMs,
    config: served.config,
    defaultColor,
    nowMs: Date.now(),
    sticky,
    dialects,
    openSockets: ports.sockets(),
  };
}

async function put(ports: AdminPorts, request: Request): Promise<Response> {
  const text = await request.text();
  if (text.length > MAX_CONFIG_BYTES)
    return problem(413, `an edge config is at most ${MAX_CONFIG_BYTES} bytes`);
  const body = parseJson(text);
  const next = isRecord(body) && isRecord(body['next']) ? body['next'] : null;
  if (next === null) return problem(400, 'the body must be JSON {next, idempotencyKey}');
  if (next['service'] !== ports.place.service) {
    return problem(
      400,
      `this edge serves "${ports.place.service}", the config is for "${String(next['service'])}"`,
    );
  }
  return await ports.store().fetch('https://store.cutover/', { method: 'PUT', body: text });
}

async function lookup(ports: AdminPorts, request: Request, defer: Defer): Promise<Response> {
  const asked = parseLookup(parseJson(await request.text()));
  if (asked === null) {
    return problem(
      400,
      `the body must be JSON {color, keys}: at most ${MAX_LOOKUP_KEYS} keys, each a path with its query`,
    );
  }
  const { color, keys } = asked;
  const served = await ports.served(defer);
  const { host } = new URL(request.url);
  const prefix = ports.cache.prefix(served.config, color);
  const cached: string[] = [];
  for (const key of keys) {
    const found = await ports.cache.match(color, { prefix, host, key }, null);
    if (found === undefined) continue;
    await found.body?.cancel();
    cached.push(key);
  }
  return Response.json({ generation: served.config?.generation ?? 0, prefix, checked: keys.length, cached });
}

async function fault(ports: AdminPorts, request: Request): Promise<Response> {
  if (ports.faults === null)
    return problem(403, 'faults are not allowed on this edge (ALLOW_FAULTS is not 1)');
  const body = parseJson(await request.text());
  if (!isRecord(body) || typeof body['cacheLeak'] !== 'boolean')
    return problem(400, 'the body must be JSON {cacheLeak}');
  ports.faults.cacheLeak = body['cacheLeak'];
  return Response.json({ cacheLeak: ports.faults.cacheLeak });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problem(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

/** Compares digests, so that neither content nor length of the token shows in the time taken. */
async function authorised(request: Request, token: string): Promise<boolean> {
  const given = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  const [a, b] = await Promise.all([digest(given), digest(token)]);
  // An edge that was given no token has nobody it lets in: nothing must not equal nothing.
  let difference = given === '' ? 1 : 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}
