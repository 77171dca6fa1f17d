/** LangServe’s `/stream` and `/stream_events`: `event: data` with whatever the chain yields, then `event: end`. */
import { isRecord } from '../is-record.ts';
import { at, citationsIn, listAt, textAt, NO_CITATIONS, type Dialect, type StreamEvent } from './dialect.ts';

const NAMES: ReadonlySet<string> = new Set(['data', 'metadata']);

/** Parts of a message: text by itself, or typed blocks. */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (typeof part === 'string' ? part : textAt(part, 'text'))).join('');
}

/** A chain that answers with a mapping yields its parts one by one. */
function partOf(json: StreamEvent['json']): string {
  if (typeof json['event'] === 'string') {
    // Of the events of a run only the model's words: chains repeat them.
    return json['event'] === 'on_chat_model_stream' ? contentOf(at(json, 'data', 'chunk', 'content')) : '';
  }
  for (const key of ['answer', 'output', 'result', 'text']) {
    const part = json[key];
    if (typeof part === 'string') return part;
    if (isRecord(part)) return contentOf(part['content']);
  }
  return contentOf(json['content']);
}

export const langserve: Dialect = {
  name: 'langserve',
  marksEnd: true,
  knows: ({ name, data }) => NAMES.has(name) || (name === 'end' && data.trim() === ''),
  text({ name, data, json, isObject }) {
    if (name !== 'data') return '';
    if (isObject) return partOf(json);
    return jsonText(data) ?? '';
  },
  citations: ({ name, json }) =>
    name === 'data'
      ? documentsIn([...listAt(json, 'context'), ...listAt(json, 'source_documents')])
      : NO_CITATIONS,
  end: ({ name }) => (name === 'end' ? 'last' : null),
  error: () => null,
};

/** Documents of LangChain: what names one is in its metadata. */
function documentsIn(documents: readonly unknown[]) {
  const flat = documents.map((document) => {
    const metadata = at(document, 'metadata');
    return {
      ...(isRecord(metadata) ? metadata : {}),
      ...(isRecord(document) ? document : {}),
    };
  });
  return citationsIn(flat, ['section_id', 'id', 'source', 'title'], ['page_content']);
}

/** The text of a JSON string; null when it is none. */
export function jsonText(data: string): string | null {
  if (!data.trimStart().startsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
