/** One request to a color whose answer is judged, whatever it is. */
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { errorClass } from '../../probes/index.ts';
import { ANY_STATUS, call, type Call } from '../../providers/fetch.ts';

export const TIMEOUT_MS = 15_000;

/** Of a kept connection that ended as it was used. */
const CLOSED = /^headers:(closed|reset)$/;

export type Asked =
  | { readonly status: number; readonly headers: Headers; readonly said: string }
  /** It hung up, gave no answer in time, or one without an end. */
  | { readonly status: null; readonly said: string };

/** @throws the signal's reason when aborted */
export async function askColor(request: Omit<Call, 'provider' | 'accept'>): Promise<Asked> {
  const ask = async (): Promise<Asked & { readonly error: string | null }> => {
    try {
      const whole = { timeoutMs: TIMEOUT_MS, ...request, provider: 'check', accept: ANY_STATUS };
      const { status, headers } = await call(whole);
      return { status, headers, said: `answers HTTP ${status}`, error: null };
    } catch (cause) {
      if (!(cause instanceof ProviderError)) throw cause;
      const said = `gives no answer (${excerpt(cause.message)})`;
      return { status: null, said, error: errorClass('headers', cause.cause) };
    }
  };
  return againIfClosed(ask);
}

/** A color may close a kept connection at any time, and a POST is not sent again by itself: one that hangs up does so twice. */
export async function againIfClosed<T extends { readonly error: string | null }>(
  ask: () => Promise<T>,
): Promise<T> {
  const first = await ask();
  return CLOSED.test(first.error ?? '') ? ask() : first;
}
