/**
 * What a body of an answer brings, and whether it says of itself that it failed: as the router and a replay see it.
 *
 * Invariant: linear in the bytes, and nothing is kept of a body but the beginning of what may be an error as JSON.
 */
import type { Dialect, EndMark } from '../domain/streams/dialect.ts';
import { documentErrorClass } from '../domain/streams/error.ts';
import { framingOf, isWholeJson } from '../domain/streams/framing.ts';
import { StreamReader } from '../domain/streams/reader.ts';

const NON_BLANK = /\S/;
/** A JSON answer longer than this is no error, characters. */
const MAX_ERROR_CHARS = 65_536;

export interface WatchedAnswer {
  readonly headers: Pick<Headers, 'get'>;
  readonly status: number;
  /** Stream dialects of the user's own. */
  readonly dialects: readonly Dialect[];
}

export interface BodyWatch {
  /** What has come by now: text that a user can use, data of another kind, or nothing of either. */
  sees(chunk: Uint8Array): 'text' | 'data' | null;
  /** How far the answer has said that it is over, by a mark or by an error; null while it has not. */
  endMark(): EndMark | null;
  /** Error class of a body that ended without breaking off, or after its end mark. */
  endError(): string | null;
}

export function watchBody({ headers, status, dialects }: WatchedAnswer): BodyWatch {
  const framing = framingOf((name) => headers.get(name));
  if (framing !== null) return watcherOf(new StreamReader({ framing, own: dialects }));
  if (isWholeJson(headers.get('content-type') ?? '')) return documentWatcher(status, dialects);
  const decoder = new TextDecoder();
  const sees = (chunk: Uint8Array) =>
    NON_BLANK.test(decoder.decode(chunk, { stream: true })) ? 'text' : null;
  return { sees, endMark: () => null, endError: () => null };
}

function watcherOf(stream: StreamReader): BodyWatch {
  return {
    sees(chunk) {
      stream.push(chunk);
      return stream.hasText ? 'text' : stream.hasData ? 'data' : null;
    },
    endMark: () => stream.endMark,
    endError: () => stream.finish(),
  };
}

/** JSON is of no use before its end, unless it is an array of events. */
function documentWatcher(status: number, own: readonly Dialect[]): BodyWatch {
  const decoder = new TextDecoder();
  let text: string | null = status < 400 ? '' : null;
  const array = new StreamReader({ framing: 'array', own });
  const stream = watcherOf(array);
  return {
    sees(chunk) {
      const brought = array.isKnown === false ? null : stream.sees(chunk);
      if (array.isKnown === true) return brought;
      if (text !== null) text += decoder.decode(chunk, { stream: true });
      if (text !== null && text.length > MAX_ERROR_CHARS) text = null;
      return null;
    },
    endMark: () => (array.isKnown === true ? stream.endMark() : null),
    endError() {
      if (array.isKnown === true) return stream.endError();
      return text === null ? null : answeredError(text);
    },
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
