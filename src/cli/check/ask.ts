/** One request to a color whose answer is judged, whatever it is. */
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import { call, type Call } from '../../providers/fetch.ts';

export const TIMEOUT_MS = 15_000;

const ANY_STATUS = Array.from({ length: 500 }, (_, i) => 100 + i);

export type Asked =
  | { readonly status: number; readonly headers: Headers; readonly said: string }
  /** It hung up, gave no answer in time, or one without an end. */
  | { readonly status: null; readonly said: string };

/** @throws the signal's reason when aborted */
export async function askColor(request: Omit<Call, 'provider' | 'accept'>): Promise<Asked> {
  try {
    const whole = { timeoutMs: TIMEOUT_MS, ...request, provider: 'check', accept: ANY_STATUS };
    const { status, headers } = await call(whole);
    return { status, headers, said: `answers HTTP ${status}` };
  } catch (cause) {
    if (!(cause instanceof ProviderError)) throw cause;
    return { status: null, said: `gives no answer (${excerpt(cause.message)})` };
  }
}
