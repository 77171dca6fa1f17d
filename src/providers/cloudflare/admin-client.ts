/** Calls of the router's `/__cutover/` routes, each with a bounded timeout and its errors mapped. */
import { networkError, statusError } from './errors.ts';
import { readBounded } from '../fetch.ts';
import type { CloudflareOptions } from './options.ts';

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Base address of the router that is asked. */
  readonly base: string;
  /** Path below `/__cutover/`. */
  readonly route: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are answers rather than errors, besides 2xx. */
  readonly accept?: readonly number[];
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** @throws ProviderError. */
export async function callAdmin(options: CloudflareOptions, call: AdminCall): Promise<AdminAnswer> {
  const url = `${call.base.replace(/\/$/, '')}/__cutover/${call.route}`;
  const what = `${call.method} ${url}`;
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method: call.method,
      headers: { authorization: `Bearer ${options.adminToken}`, 'content-type': 'application/json' },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      // The token must not travel to an address that the plan never named.
      redirect: 'manual',
      signal: bounded(options.timeoutMs, call.signal),
    });
    text = await readBounded(answer, 'cloudflare', what);
  } catch (cause) {
    // The caller's own cancellation is not the vendor's failure.
    call.signal?.throwIfAborted();
    throw networkError(what, cause);
  }
  if (!answer.ok && call.accept?.includes(answer.status) !== true) {
    throw statusError(what, answer.status, text, answer.headers.get('retry-after'));
  }
  try {
    return { status: answer.status, body: JSON.parse(text) as unknown };
  } catch (cause) {
    throw networkError(`${what}: not JSON`, cause);
  }
}

export function bounded(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}
