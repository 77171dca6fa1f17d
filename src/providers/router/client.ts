/** Calls of a router's `/__cutover/` routes, each with a bounded timeout and its errors mapped. */
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { routeUrl, type Route } from '../../edge/contract.ts';
import { call } from '../fetch.ts';

export interface RouterAccess {
  readonly adminToken: string;
  /** Longest wait for one answer, ms. */
  readonly timeoutMs: number;
}

export interface RouterCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Base address of the router that is asked. */
  readonly base: string;
  readonly route: Route;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are answers rather than errors, besides 2xx. */
  readonly accept?: readonly number[];
}

export interface RouterAnswer {
  readonly status: number;
  readonly body: unknown;
}

const PROVIDER = 'router';

/** @throws ProviderError. */
export async function callRouter(access: RouterAccess, asked: RouterCall): Promise<RouterAnswer> {
  const url = routeUrl(asked.base, asked.route);
  const label = `${asked.method} ${url}`;
  const { status, text } = await call({
    provider: PROVIDER,
    url,
    label,
    method: asked.method,
    headers: { authorization: `Bearer ${access.adminToken}`, 'content-type': 'application/json' },
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    signal: asked.signal,
    timeoutMs: access.timeoutMs,
    accept: [401, 403, ...(asked.accept ?? [])],
  });
  if (status === 401 || status === 403) {
    throw new ProviderError(
      'fatal',
      PROVIDER,
      `${label}: HTTP ${status}${text === '' ? '' : ` ${excerpt(text)}`}; check CUTOVER_ADMIN_TOKEN in the environment of the worker`,
    );
  }
  try {
    return { status, body: JSON.parse(text) as unknown };
  } catch (cause) {
    throw new ProviderError('retry', PROVIDER, `${label}: the answer is not JSON`, { cause });
  }
}
