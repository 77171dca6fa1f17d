/**
 * Watches a body on its way through: when it began, became useful, ended, and whether it ended as it should.
 *
 * Invariant: chunks pass untouched and at the reader's pace (nothing is read ahead); `onEnd` fires exactly once,
 * also when the origin breaks off or the client goes away.
 */
import type { Dialect } from '../domain/streams/dialect.ts';
import { documentErrorClass } from '../domain/streams/error.ts';
import type { Framing } from '../domain/streams/frames.ts';
import { framingOf, isWholeJson } from '../domain/streams/framing.ts';
import { StreamReader } from '../domain/streams/reader.ts';

/** A client that leaves after this long without a byte, ms, did not break the answer off: the color had stopped. */
const STALLED_MS = 10_000;
const NON_BLANK = /\S/;
/** A JSON answer longer than this is no error, characters. */
const MAX_ERROR_CHARS = 65_536;

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

export interface ObserveOptions {
  /** Headers of the answer. */
  readonly headers: Pick<Headers, 'get'>;
  readonly status: number;
  /** Stream dialects of the user's own. */
  readonly dialects: readonly Dialect[];
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
  const usable = usableWatcher(options);
  let firstByteMs: number | null = null;
  let usableMs: number | null = null;
  let dataMs: number | null = null;
  let kept: Uint8Array[] | null = options.keepBytes > 0 ? [] : null;
  let room = options.keepBytes;
  let ended = false;
  let waitingSinceMs: number | null = null;

  function end(error: string | null): void {
    if (ended) return;
    ended = true;
    const endMs = options.clock();
    const complete = error ?? usable.endError();
    options.onEnd({
      firstByteMs,
      usableMs: usableMs ?? dataMs ?? (complete === null ? endMs : null),
      endMs,
      error: complete,
      kept: complete === null ? kept : null,
    });
  }

  function leave(): void {
    const stalled = waitingSinceMs !== null && options.clock() - waitingSinceMs >= STALLED_MS;
    end(stalled ? 'body:stalled' : 'client:closed');
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
            end(null);
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
          end('body:truncated');
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

interface UsableWatcher {
  /** What has come by now: text that a user can use, data of another kind, or nothing of either. */
  sees(chunk: Uint8Array): 'text' | 'data' | null;
  /** Error class of a body that ended without breaking off. */
  endError(): string | null;
}

function usableWatcher({ headers, status, dialects }: ObserveOptions): UsableWatcher {
  const framing = framingOf((name) => headers.get(name));
  if (framing !== null) return streamWatcher(framing, dialects);
  const decoder = new TextDecoder();
  if (isWholeJson(headers.get('content-type') ?? '')) return documentWatcher(decoder, status);
  const sees = (chunk: Uint8Array) =>
    NON_BLANK.test(decoder.decode(chunk, { stream: true })) ? 'text' : null;
  return { sees, endError: () => null };
}

function streamWatcher(framing: Framing, own: readonly Dialect[]): UsableWatcher {
  const decoder = new TextDecoder();
  const stream = new StreamReader({ framing, own });
  return {
    sees(chunk) {
      stream.push(decoder.decode(chunk, { stream: true }));
      return stream.hasText ? 'text' : stream.hasData ? 'data' : null;
    },
    endError() {
      stream.push(decoder.decode());
      return stream.finish();
    },
  };
}

/** JSON is of no use before its end. */
function documentWatcher(decoder: InstanceType<typeof TextDecoder>, status: number): UsableWatcher {
  let text: string | null = status < 400 ? '' : null;
  return {
    sees(chunk) {
      if (text !== null) text += decoder.decode(chunk, { stream: true });
      if (text !== null && text.length > MAX_ERROR_CHARS) text = null;
      return null;
    },
    endError: () => (text === null ? null : answeredError(text)),
  };
}

/** Error class of a JSON answer that says with a good status that it is none; null when it is one. */
export function answeredError(text: string): string | null {
  // Nearly every answer is spared the parsing.
  if (!text.includes('"error"')) return null;
  try {
    return documentErrorClass(JSON.parse(text));
  } catch {
    return null;
  }
}
