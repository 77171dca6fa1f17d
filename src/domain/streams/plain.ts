/**
 * Streams of no vendor: plain text, or JSON whose field says what it is. Also what every stream may have, whatever its dialect: `[DONE]`,
 * `event: done`.
 */
import { textAt, NO_CITATIONS, type Dialect, type StreamEvent } from './dialect.ts';
import { jsonText } from './langserve.ts';

const END_TEXTS: ReadonlySet<string> = new Set(['[DONE]', '[END]']);
const END_NAMES: ReadonlySet<string> = new Set(['done', 'end']);
/** What the event is about, when it is not about the answer. */
const NOISE =
  /^(ping|heartbeat|keep-?alive|status|progress|metadata|usage|debug|log|trace)$|reason|think|thought|tool/i;

const isNoise = ({ name, json }: StreamEvent): boolean =>
  NOISE.test(name) || NOISE.test(textAt(json, 'type'));
const isEnd = ({ name, data, json }: StreamEvent): boolean =>
  END_TEXTS.has(data.trim()) || END_NAMES.has(name) || END_NAMES.has(textAt(json, 'type'));

export const plain: Dialect = {
  name: 'plain',
  marksEnd: false,
  knows: () => true,
  text(event) {
    const { data, json } = event;
    if (isNoise(event) || END_TEXTS.has(data.trim())) return '';
    if (!event.isObject) return jsonText(data) ?? data;
    for (const key of ['delta', 'token', 'text', 'content', 'chunk']) {
      const value = json[key];
      if (typeof value === 'string') return value;
    }
    return (
      textAt(json, 'delta', 'text') || textAt(json, 'delta', 'content') || textAt(json, 'message', 'content')
    );
  },
  citations: () => NO_CITATIONS,
  end: (event) => (isEnd(event) ? 'last' : null),
  error: () => null,
};
