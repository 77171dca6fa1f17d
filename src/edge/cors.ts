/**
 * What browsers of other origins need on the router's own answers: without these headers a page cannot tell a frozen
 * write from a network failure. Answers of the colors are left as they are.
 *
 * A preflight carries neither the user's header nor a cookie, so nobody can know its color: with origins set, the router
 * answers it itself, and it cannot contradict the request that follows.
 */
import { H } from './headers.ts';

/** How long a browser may keep the answer to a preflight, s. */
const PREFLIGHT_LIFE_S = 600;
const EXPOSED = ['retry-after', H.write, H.error, H.color, H.generation].join(', ');

type Asked = Pick<Request, 'method' | 'headers'>;

export function isPreflight(request: Asked): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.has('origin') &&
    request.headers.has('access-control-request-method')
  );
}

/** @param origins allowed ones, or `*` for all without credentials; empty sets nothing. */
export function allowOrigin(headers: Headers, request: Asked, origins: readonly string[]): void {
  const origin = request.headers.get('origin');
  if (origin === null || origins.length === 0) return;
  headers.append('vary', 'origin');
  const all = origins.includes('*');
  if (!all && !origins.includes(origin)) return;
  headers.set('access-control-allow-origin', all ? '*' : origin);
  if (!all) headers.set('access-control-allow-credentials', 'true');
  headers.set('access-control-expose-headers', EXPOSED);
}

export function preflightHeaders(request: Asked, origins: readonly string[]): Headers {
  const headers = new Headers();
  allowOrigin(headers, request, origins);
  if (!headers.has('access-control-allow-origin')) return headers;
  headers.set('access-control-allow-methods', request.headers.get('access-control-request-method') ?? '');
  const asked = request.headers.get('access-control-request-headers');
  if (asked !== null) headers.set('access-control-allow-headers', asked);
  headers.set('access-control-max-age', String(PREFLIGHT_LIFE_S));
  return headers;
}
