/** Maps what the router's admin routes and Cloudflare's API answer to a `ProviderError`, once. */
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { kindOfStatus } from '../fetch.ts';

const PROVIDER = 'cloudflare';

/** @param what the call, for the message: `GET https://…/__cutover/store`. */
export function statusError(
  what: string,
  status: number,
  text: string,
  retryAfter: string | null,
  /** Environment variable of the worker that holds the token. */
  variable = 'CUTOVER_ADMIN_TOKEN',
): ProviderError {
  const detail = `${what}: HTTP ${status}${text === '' ? '' : ` ${excerpt(text)}`}`;
  if (status === 401 || status === 403) {
    return new ProviderError(
      'fatal',
      PROVIDER,
      `${detail}; check ${variable} in the environment of the worker`,
    );
  }
  return new ProviderError(kindOfStatus(status), PROVIDER, detail, retryIn(retryAfter));
}

/** A call that got no answer: safe to repeat, because every write carries its idempotency key. */
export function networkError(what: string, cause: unknown): ProviderError {
  if (cause instanceof ProviderError) return cause;
  const inner = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  const text = cause instanceof Error ? `${cause.message}${inner}` : String(cause);
  return new ProviderError('retry', PROVIDER, `${what}: ${text}`, { cause });
}

/** Seconds or an HTTP date. */
function retryIn(header: string | null): { retryAfterMs?: number } {
  if (header === null) return {};
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}
