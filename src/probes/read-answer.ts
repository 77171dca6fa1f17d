/**
 * Reads one response body, JSON or a stream of events, and takes the times.
 *
 * Invariant: at most `maxBytes` are kept; what the network does wrong is thrown, what the text is wrong with is returned
 * as an error class.
 */
import type { Dialect } from '../domain/streams/dialect.ts';
import { documentErrorClass } from '../domain/streams/error.ts';
import type { Framing } from '../domain/streams/frames.ts';
import { framingOf, isWholeJson } from '../domain/streams/framing.ts';
import { StreamReader } from '../domain/streams/reader.ts';

export interface ReadOptions {
  /** `performance.now()` at request start. */
  readonly started: number;
  readonly maxBytes: number;
  /** A stream was asked for: plain text is an answer too. */
  readonly isStream: boolean;
  /** Stream dialects of the user's own. */
  readonly dialects: readonly Dialect[];
}

export type ReadAnswer =
  | { readonly error: string }
  | {
      readonly document: unknown;
      readonly latencyMs: { readonly tffb: number; readonly tusable: number; readonly tfinal: number };
    };

/** Longest wait for the end of a body whose answer is complete, ms. */
const DRAIN_MS = 100;

/** @throws what the body stream throws: resets, truncation, an abort. */
export async function readAnswer(response: Response, options: ReadOptions): Promise<ReadAnswer> {
  const { started, maxBytes } = options;
  const framing = framingOf((name) => response.headers.get(name));
  const type = response.headers.get('content-type') ?? '';
  const streamOf = (as: Framing): StreamReader =>
    new StreamReader({ framing: as, own: options.dialects, keeps: true });
  const events = framing === null ? null : streamOf(framing);
  // JSON may be an array of events; what it is shows with its first item.
  const array = framing === null && isWholeJson(type) ? streamOf('array') : null;
  const isText = options.isStream && /^\s*text\/plain\b/iu.test(type);
  const decoder = new TextDecoder();
  const since = (): number => performance.now() - started;
  let tffb: number | null = null;
  let tusable: number | null = null;
  let bytes = 0;
  let text = '';
  const reader = response.body?.getReader();
  for (;;) {
    if (reader === undefined) break;
    const { done, value } = await reader.read();
    if (done) break;
    tffb ??= since();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return { error: 'body:too_large' };
    }
    if (events === null) {
      const chunk = decoder.decode(value, { stream: true });
      if (array !== null && array.isKnown !== false) array.push(value);
      if (array?.isKnown === true) {
        if (array.hasText) tusable ??= since();
        continue;
      }
      text += chunk;
      if (isText && chunk.trim() !== '') tusable ??= since();
      continue;
    }
    events.push(value);
    if (events.hasText) tusable ??= since();
    if (events.isOver) {
      // The answer is complete: what keeps the connection open after it is not latency. Drain to reuse the socket.
      const tfinal = since();
      void drain(reader);
      return finish(events, { tffb, tusable: tusable ?? tfinal, tfinal });
    }
  }
  const stream = array?.isKnown === true ? array : events;
  if (stream !== null) {
    const tfinal = since();
    return finish(stream, { tffb: tffb ?? tfinal, tusable: tusable ?? tfinal, tfinal });
  }
  text += decoder.decode();
  if (isText) {
    const tfinal = since();
    return {
      document: { answer: text },
      latencyMs: { tffb: tffb ?? tfinal, tusable: tusable ?? tfinal, tfinal },
    };
  }
  const document = parse(text);
  if (document === undefined) return { error: 'parse:json' };
  if (typeof document !== 'object' || document === null) return { error: 'schema:not_an_object' };
  const said = documentErrorClass(document);
  if (said !== null) return { error: said };
  const tfinal = since();
  return { document, latencyMs: { tffb: tffb ?? tfinal, tusable: tfinal, tfinal } };
}

function finish(
  events: StreamReader,
  latencyMs: { tffb: number; tusable: number; tfinal: number },
): ReadAnswer {
  const error = events.finish() ?? (events.hasBroken ? 'parse:json' : null);
  return error === null ? { document: events.document(), latencyMs } : { error };
}

/** One more read normally finds the end of the body; a connection that stays open is closed. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), DRAIN_MS);
  const { done } = await reader.read().catch(() => ({ done: true }));
  clearTimeout(timer);
  if (!done) await reader.cancel().catch(() => undefined);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
