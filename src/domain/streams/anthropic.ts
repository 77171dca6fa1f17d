/** Messages of Anthropic, also through Bedrock’s and Vertex’s proxies that keep the events as they are. */
import { at, citationsIn, textAt, NO_CITATIONS, type Dialect } from './dialect.ts';

const TYPES: ReadonlySet<string> = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]);

export const anthropic: Dialect = {
  name: 'anthropic',
  marksEnd: true,
  knows: ({ name, json }) => TYPES.has(textAt(json, 'type') || name),
  text({ json }) {
    if (json['type'] === 'content_block_delta') {
      // Deltas of before 2024 have no type of their own.
      const kind = at(json, 'delta', 'type') ?? 'text_delta';
      return kind === 'text_delta' ? textAt(json, 'delta', 'text') : '';
    }
    const isText = json['type'] === 'content_block_start' && at(json, 'content_block', 'type') === 'text';
    return isText ? textAt(json, 'content_block', 'text') : '';
  },
  citations: ({ json }) =>
    at(json, 'delta', 'type') === 'citations_delta'
      ? citationsIn(
          [at(json, 'delta', 'citation')],
          ['source', 'url', 'file_id', 'document_title', 'title', 'document_index'],
          ['cited_text'],
        )
      : NO_CITATIONS,
  end: ({ name, json }) => ((textAt(json, 'type') || name) === 'message_stop' ? 'last' : null),
  error: () => null,
};
