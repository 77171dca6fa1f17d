/**
 * Reads one response body, JSON or server-sent events, and takes the times.
 *
 * Invariant: at most `maxBytes` are kept; what the network does wrong is thrown, what the text is wrong with is returned
 * as an error class.
 */
import { createEventAssembler } from './event-stream.ts';

export interface ReadOptions {
  /** `performance.now()` at request start. */
  readonly started: number;
  readonly maxBytes: number;
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
  const streamed = /^\s*text\/event-stream\b/iu.test(response.headers.get('content-type') ?? '');
  const events = streamed ? createEventAssembler() : null;
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
    const chunk = decoder.decode(value, { stream: true });
    if (events === null) {
      text += chunk;
      continue;
    }
    if (events.feed(chunk)) tusable ??= since();
    if (events.ended) {
      // The answer is complete: what keeps the connection open after it is not latency. Drain to reuse the socket.
      const tfinal = since();
      void drain(reader);
      return finish(events, { tffb, tusable: tusable ?? tfinal, tfinal });
    }
  }
  if (events !== null) {
    return events.ended
      ? finish(events, { tffb: tffb ?? since(), tusable: tusable ?? since(), tfinal: since() })
      : { error: 'body:truncated_stream' };
  }
  const document = parse(text + decoder.decode());
  if (document === undefined) return { error: 'parse:json' };
  if (typeof document !== 'object' || document === null) return { error: 'schema:not_an_object' };
  const tfinal = since();
  return { document, latencyMs: { tffb: tffb ?? tfinal, tusable: tfinal, tfinal } };
}

function finish(
  events: ReturnType<typeof createEventAssembler>,
  latencyMs: { tffb: number; tusable: number; tfinal: number },
): ReadAnswer {
  return events.broken ? { error: 'parse:json' } : { document: events.document(), latencyMs };
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
