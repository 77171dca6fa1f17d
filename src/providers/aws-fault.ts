/**
 * What a failure of an AWS client means.
 * Invariant: a cancelled call is rethrown untouched; everything else leaves as `ProviderError`, mapped once.
 */
import { ProviderError, type ProviderErrorKind } from '../domain/errors.ts';
import { retryAfterMs } from '../domain/retry-after.ts';
import { kindOfStatus } from './fetch.ts';

export interface Meaning {
  readonly kind: ProviderErrorKind;
  readonly advice: string;
}

export interface FaultWords {
  readonly provider: string;
  /** What it was asked of, e.g. the address of a queue. */
  readonly what: string;
  /** By the error's name. */
  readonly meanings: Readonly<Record<string, Meaning>>;
  readonly signal?: AbortSignal | undefined;
}

export function awsFault(cause: unknown, { provider, what, meanings, signal }: FaultWords): unknown {
  if (signal?.aborted === true || !(cause instanceof Error) || cause instanceof ProviderError) return cause;
  const known = Object.hasOwn(meanings, cause.name) ? meanings[cause.name] : undefined;
  const waitMs = askedToWaitMs(cause);
  const options = { cause, ...(waitMs === null ? {} : { retryAfterMs: waitMs }) };
  if (known !== undefined) {
    return new ProviderError(known.kind, provider, `${what}: ${known.advice} (${cause.name})`, options);
  }
  const status = httpStatus(cause);
  // No status: nothing came back (DNS, refused, reset, timeout), or half of it. The same call may do better.
  const isWhole = status !== null && (status < 200 || status > 299);
  const kind: ProviderErrorKind = isWhole ? kindOfStatus(status) : 'retry';
  const says = cause.message.split('\n')[0] ?? '';
  return new ProviderError(kind, provider, `${what}: ${cause.name}: ${says}`, options);
}

function askedToWaitMs(error: Error): number | null {
  const { $response: response } = error as { $response?: { headers?: Readonly<Record<string, string>> } };
  return retryAfterMs(response?.headers?.['retry-after'] ?? null, Date.now());
}

function httpStatus(error: Error): number | null {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return null;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: unknown };
  return typeof httpStatusCode === 'number' ? httpStatusCode : null;
}
