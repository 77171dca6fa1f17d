/** The Responses API of OpenAI: typed events, each named twice. */
import { at, citationsIn, textAt, type Dialect, type StreamEvent } from './dialect.ts';

const TEXTS: ReadonlySet<string> = new Set(['response.output_text.delta', 'response.refusal.delta']);
const ENDS: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete']);

const typeOf = ({ name, json }: StreamEvent): string => textAt(json, 'type') || name;

export const openaiResponses: Dialect = {
  name: 'openai-responses',
  marksEnd: true,
  knows: (event) => typeOf(event).startsWith('response.'),
  text: (event) => (TEXTS.has(typeOf(event)) ? textAt(event.json, 'delta') : ''),
  citations: (event) =>
    typeOf(event) === 'response.output_text.annotation.added'
      ? citationsIn([event.json['annotation']], ['file_id', 'url', 'filename', 'title'])
      : [],
  end: (event) => (ENDS.has(typeOf(event)) ? 'last' : null),
  error(event) {
    const type = typeOf(event);
    if (type !== 'response.failed' && type !== 'response.cancelled') return null;
    return at(event.json, 'response', 'error') ?? type.slice('response.'.length);
  },
};
