/** Ollama’s `/api/chat` and `/api/generate`: a JSON object a line, the last with `done: true`. */
import { textAt, NO_CITATIONS, type Dialect } from './dialect.ts';

export const ollama: Dialect = {
  name: 'ollama',
  marksEnd: true,
  knows: ({ json }) => typeof json['done'] === 'boolean' && typeof json['model'] === 'string',
  // `thinking` stands beside it.
  text: ({ json }) => textAt(json, 'message', 'content') || textAt(json, 'response'),
  citations: () => NO_CITATIONS,
  end: ({ json }) => (json['done'] === true ? 'last' : null),
  error: () => null,
};
