/**
 * Assembles one answer document from server-sent events.
 *
 * Invariant: a stream that ends without its terminator is truncated, whatever the HTTP status said.
 */
import { createParser } from 'eventsource-parser';

export interface EventAssembler {
  /** @returns true once an event with non-empty user-visible text has been seen. */
  feed(chunk: string): boolean;
  /** True when the terminator came: `[DONE]`, `[END]`, or an event `done`, `end` or `message_stop`. */
  readonly ended: boolean;
  /** True when an event's data looked like JSON and was not. */
  readonly broken: boolean;
  /** The merged JSON of all events, with the collected text under `answer` unless the service set it itself. */
  document(): unknown;
}

type Json = Readonly<Record<string, unknown>>;

const TERMINATORS = new Set(['[DONE]', '[END]']);
const LAST_EVENTS = new Set(['done', 'end', 'message_stop', 'response.completed']);

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The text of one event in the dialects of the field: ours, OpenAI's two, Anthropic's. */
function textOf(event: Json): string {
  const { delta, token, text, choices } = event;
  for (const value of [delta, token, text]) if (typeof value === 'string') return value;
  if (isObject(delta) && typeof delta['text'] === 'string') return delta['text'];
  if (Array.isArray(choices) && isObject(choices[0])) {
    const inner = choices[0]['delta'];
    if (isObject(inner) && typeof inner['content'] === 'string') return inner['content'];
  }
  return '';
}

/** Collects the events of one response. Comments (heartbeats) are not events. */
export function createEventAssembler(): EventAssembler {
  // A Map and not an object spread anew: work grows with the stream, and `__proto__` is a key like any other.
  const merged = new Map<string, unknown>();
  let text = '';
  let usable = false;
  let ended = false;
  let broken = false;
  // A carriage return whose line feed may come with the next chunk. The parser gets line feeds only: for each line that ends
  // otherwise it looks through all that is left.
  let half = '';
  const add = (piece: string): void => {
    text += piece;
    usable ||= piece.trim() !== '';
  };
  const parser = createParser({
    onEvent: ({ data, event }) => {
      if (event !== undefined && LAST_EVENTS.has(event)) ended = true;
      const trimmed = data.trim();
      if (TERMINATORS.has(trimmed)) {
        ended = true;
        return;
      }
      if (!trimmed.startsWith('{')) {
        add(data);
        return;
      }
      let value: unknown;
      try {
        value = JSON.parse(trimmed);
      } catch {
        broken = true;
        return;
      }
      if (!isObject(value)) return;
      add(textOf(value));
      if (typeof value['type'] === 'string' && LAST_EVENTS.has(value['type'])) ended = true;
      // The whole answer often comes last, wrapped.
      const whole = value['final'] ?? value['response'];
      for (const [key, part] of Object.entries(isObject(whole) ? whole : value)) merged.set(key, part);
    },
  });
  return {
    feed: (chunk) => {
      const text = half + chunk;
      half = text.endsWith('\r') ? '\r' : '';
      const whole = half === '' ? text : text.slice(0, -1);
      parser.feed(whole.includes('\r') ? whole.replaceAll(/\r\n?/gu, '\n') : whole);
      return usable;
    },
    get ended() {
      return ended;
    },
    get broken() {
      return broken;
    },
    document: () => {
      if (typeof merged.get('answer') !== 'string') merged.set('answer', text);
      return Object.fromEntries(merged);
    },
  };
}
