/**
 * A request of Node as the router takes it.
 *
 * Invariant: where the request came from is said by the connection, or by a balancer that the operator trusts, never by the client.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouterRequest } from '../router-request.ts';
import { bytesOf } from './byte-stream.ts';
import { endToEnd, pairs } from './raw-headers.ts';

const FORWARDED: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
]);
/** Methods that the router can pass on: `CONNECT` and `TRACE` are of the connection. */
const REFUSED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

export interface Arrival {
  readonly request: RouterRequest;
  /** Aborted when the client is gone. */
  readonly gone: AbortController;
  /** True when a body is still on its way: the connection cannot be used again. */
  readonly isUnread: () => boolean;
}

/** A request that cannot be routed, and why. */
export interface Unroutable {
  readonly status: 400 | 405;
  readonly why: string;
}

export interface ArrivalOptions {
  /** Whoever connects is a balancer whose `x-forwarded-…` are believed. */
  readonly trustForwarded: boolean;
  /** The client wants to go on with a WebSocket. */
  readonly isUpgrade: boolean;
}

export function arrivalOf(
  message: IncomingMessage,
  answer: Pick<ServerResponse, 'writeContinue'>,
  { trustForwarded, isUpgrade }: ArrivalOptions,
): Arrival | Unroutable {
  const method = message.method ?? 'GET';
  if (REFUSED.has(method)) return { status: 405, why: `${method} is not passed on` };
  let headers: Headers;
  try {
    headers = endToEnd(message.rawHeaders);
  } catch {
    return { status: 400, why: 'a header holds what no header may' };
  }
  const said = trustForwarded ? headers : new Headers();
  const host = first(said.get('x-forwarded-host')) ?? headers.get('host') ?? '';
  const scheme = first(said.get('x-forwarded-proto')) === 'https' ? 'https' : 'http';
  const url = addressOf(`${scheme}://${host}`, message.url ?? '/');
  if (url === null) return { status: 400, why: 'the host or the path is none' };
  const chain = said.get('x-forwarded-for');
  for (const name of FORWARDED) if (!trustForwarded || name !== 'forwarded') headers.delete(name);
  // Servers that turn headers into variables (CGI, WSGI) read an underscore as a dash; balancers do not set those.
  for (const [name] of pairs(message.rawHeaders)) {
    if (name.includes('_') && FORWARDED.has(name.toLowerCase().replaceAll('_', '-'))) headers.delete(name);
  }
  const peer = message.socket.remoteAddress ?? '';
  if (peer !== '') headers.set('x-forwarded-for', chain === null ? peer : `${chain}, ${peer}`);
  const expects = headers.get('expect')?.toLowerCase() === '100-continue';
  for (const name of ['host', 'expect']) headers.delete(name);
  // The next connection is asked for it anew.
  if (isUpgrade) headers.set('upgrade', 'websocket');
  const gone = new AbortController();
  const hasBody = headers.has('content-length')
    ? headers.get('content-length') !== '0'
    : message.headers['transfer-encoding'] !== undefined;
  const body = hasBody
    ? bytesOf(message, {
        onFirstPull() {
          if (expects) answer.writeContinue();
        },
        // The answer still has to go out over this connection.
        onCancel: () => message.pause(),
      })
    : null;
  return {
    request: { method, url, headers, body, signal: gone.signal },
    gone,
    isUnread: () => hasBody && !message.complete,
  };
}

/** @returns null where either is no part of an address. */
function addressOf(entry: string, target: string): string | null {
  // A proxy's form of a request line holds the whole address; its host was compared by nobody.
  const path = target.startsWith('/') ? target : pathOf(target);
  if (path === null || !URL.canParse(entry)) return null;
  const base = new URL(entry);
  if (base.pathname !== '/' || base.search !== '' || base.username !== '' || base.hash !== '') return null;
  return base.origin + path;
}

function pathOf(target: string): string | null {
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return null;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

function first(list: string | null): string | null {
  return list === null ? null : (list.split(',', 1)[0] ?? '').trim();
}
