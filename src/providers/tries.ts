/**
 * Pauses and repeats of a custom gate's calls.
 * Invariant: a call is repeated only after a failure that may pass, at most twice, and never beyond the time given; a
 * cancelled activity stops at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../domain/errors.ts';
import { pauseMs } from '../domain/retry-after.ts';

const TRIES = 3;
/** Pause before a repeat when the service names none, ms. */
const PAUSE_MS = 500;

export interface TryOptions {
  /** Epoch ms after which no repeat begins. */
  readonly untilMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws ProviderError of the last try; the signal's reason when cancelled. */
export async function tries<T>(work: () => Promise<T>, { untilMs, signal }: TryOptions): Promise<T> {
  for (let done = 1; ; done += 1) {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof ProviderError) || cause.kind !== 'retry') throw cause;
      const waitMs = pauseMs(cause.retryAfterMs, PAUSE_MS * done);
      if (done === TRIES || Date.now() + waitMs > untilMs) throw cause;
      await pause(waitMs, signal);
    }
  }
}

/** @throws the signal's reason when cancelled. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause;
  }
}
