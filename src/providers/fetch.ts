/**
 * One HTTP call to a service of the user's own, with its failures mapped once.
 * Invariant: every failure leaves as `ProviderError` with one line that names the address (never its query or
 * credentials), except cancellation, which is rethrown untouched so that Temporal sees it as cancellation.
 */
import { ProviderError, type ProviderErrorKind } from '../domain/errors.ts';
import { excerpt } from '../domain/redact.ts';
import { retryAfterMs } from '../domain/retry-after.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export interface Call {
  readonly provider: string;
  readonly url: string;
  /** Shown in messages instead of the address, where the address itself is a secret. */
  readonly label?: string;
  readonly method?: (typeof METHODS)[number] | 'PURGE' | 'BAN';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole exchange, body included. Default 10 000. */
  readonly timeoutMs?: number;
  /** Statuses the caller wants to see instead of an error. */
  readonly accept?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** For a caller that judges whatever comes. */
export const ANY_STATUS: readonly number[] = Array.from({ length: 500 }, (_, i) => 100 + i);

/** Largest body read, bytes: what we ask for is small, so more is a wrong address or an attack. */
const MAX_BODY_BYTES = 1_048_576;

/** @throws ProviderError; AbortError when `signal` fired. */
export async function call(request: Call): Promise<Answer> {
  const { provider, timeoutMs = 10_000, signal } = request;
  const shown = request.label ?? showUrl(request.url);
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(request.url, {
      method: request.method ?? 'GET',
      headers: request.headers ?? {},
      ...(request.body === undefined ? {} : { body: request.body }),
      // A redirect would carry an admin token or a ping to an address the plan never named.
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    text = await readBounded(response, provider, shown);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProviderError) throw error;
    const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    throw new ProviderError('retry', provider, `${shown}: ${why}`, { cause: error });
  }
  if (response.ok || request.accept?.includes(response.status) === true) {
    return { status: response.status, headers: response.headers, text };
  }
  const waitMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
  throw new ProviderError(
    kindOfStatus(response.status),
    provider,
    `${shown} answered ${response.status}${text === '' ? '' : `: ${excerpt(text)}`}`,
    waitMs === null ? {} : { retryAfterMs: waitMs },
  );
}

/** What a status says of the same call, made again. */
export function kindOfStatus(status: number): ProviderErrorKind {
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'retry';
  if (status === 409 || status === 412) return 'reread';
  return 'fatal';
}

/** Address without credentials and query: safe in a log. */
export function showUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return '<not a URL>';
  }
}

/** Joins a base address and an absolute path without doubling or losing slashes. */
export function joinUrl(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}

/** The whole body as text. @throws ProviderError when it is larger than anything we ask for. */
async function readBounded(response: Response, provider: string, shown: string): Promise<string> {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body) {
    size += part.byteLength;
    if (size > MAX_BODY_BYTES) {
      throw new ProviderError(
        'fatal',
        provider,
        `${shown}: the answer is larger than ${MAX_BODY_BYTES} bytes`,
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** undici hides the useful part (`ECONNREFUSED 127.0.0.1:80`) in the cause of "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
