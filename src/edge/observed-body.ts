/**
 * Watches a body on its way through: when it began, became useful, ended, and whether it ended as it should.
 *
 * Invariant: chunks pass untouched and at the reader's pace (nothing is read ahead); `onEnd` fires exactly once,
 * also when the origin breaks off or the client goes away.
 */
import { watchBody, type WatchedAnswer } from './watch-body.ts';

/** A client that leaves after this long without a byte, ms, did not break the answer off: the color had stopped. */
const STALLED_MS = 10_000;

export interface BodyReport {
  /** Clock readings; null when it never came to that. */
  readonly firstByteMs: number | null;
  readonly usableMs: number | null;
  readonly endMs: number;
  /** Error class, or null. */
  readonly error: string | null;
  /** The whole body if it was kept and is complete. */
  readonly kept: readonly Uint8Array[] | null;
}

export interface ObserveOptions extends WatchedAnswer {
  /** Monotonic clock, ms. */
  readonly clock: () => number;
  /** Keep a copy of at most this many bytes (for the cache); 0 keeps none. */
  readonly keepBytes: number;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
  readonly onEnd: (report: BodyReport) => void;
}

export function observeBody(
  body: ReadableStream<Uint8Array>,
  options: ObserveOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const usable = watchBody(options);
  let firstByteMs: number | null = null;
  let usableMs: number | null = null;
  let dataMs: number | null = null;
  let kept: Uint8Array[] | null = options.keepBytes > 0 ? [] : null;
  let room = options.keepBytes;
  let ended = false;
  let waitingSinceMs: number | null = null;

  function end(error: string | null, isAllThere: boolean): void {
    if (ended) return;
    ended = true;
    const endMs = options.clock();
    options.onEnd({
      firstByteMs,
      usableMs: usableMs ?? dataMs ?? (error === null ? endMs : null),
      endMs,
      error,
      kept: error === null && isAllThere ? kept : null,
    });
  }

  /** The body ended early. What it said of itself by then counts more. */
  function breakOff(error: string, isSettled: boolean): void {
    end(isSettled ? usable.endError() : error, false);
  }

  function leave(): void {
    const stalled = waitingSinceMs !== null && options.clock() - waitingSinceMs >= STALLED_MS;
    breakOff(stalled ? 'body:stalled' : 'client:closed', usable.endMark() !== null);
  }
  const onGone = (): void => {
    leave();
    void reader.cancel().catch(() => undefined);
  };
  if (options.gone.aborted) onGone();
  else options.gone.addEventListener('abort', onGone, { once: true });

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          waitingSinceMs = options.clock();
          const next = await reader.read();
          waitingSinceMs = null;
          if (next.done) {
            end(usable.endError(), true);
            controller.close();
            return;
          }
          firstByteMs ??= options.clock();
          const brought = usable.sees(next.value);
          if (brought === 'text') usableMs ??= options.clock();
          if (brought !== null) dataMs ??= options.clock();
          room -= next.value.byteLength;
          if (room < 0) kept = null;
          kept?.push(next.value.slice());
          controller.enqueue(next.value);
        } catch (cause) {
          // After `complete` more may have been on its way: usage, sources.
          breakOff('body:truncated', usable.endMark() === 'last');
          controller.error(cause);
        }
      },
      async cancel(reason) {
        leave();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
