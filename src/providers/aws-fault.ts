/**
 * What a failure of an AWS client means.
 * Invariant: a cancelled call is rethrown untouched; everything else leaves as `ProviderError`, mapped once.
 */
import { ProviderError, type ProviderErrorKind } from '../domain/errors.ts';

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
  if (known !== undefined) {
    return new ProviderError(known.kind, provider, `${what}: ${known.advice} (${cause.name})`, { cause });
  }
  const status = httpStatus(cause);
  // No status: nothing came back (DNS, refused, reset, timeout). The same call may do better.
  const kind: ProviderErrorKind = status === null || status >= 500 || status === 429 ? 'retry' : 'fatal';
  return new ProviderError(kind, provider, `${what}: ${cause.name}: ${cause.message.split('\n')[0] ?? ''}`, {
    cause,
  });
}

function httpStatus(error: Error): number | null {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return null;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: unknown };
  return typeof httpStatusCode === 'number' ? httpStatusCode : null;
}
