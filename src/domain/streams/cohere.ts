/** Chat of Cohere: version 2 as server-sent events, version 1 as lines or events with `event_type`. */
import { at, citationsIn, listAt, textAt, type Citation, type Dialect, type StreamEvent } from './dialect.ts';

const TYPES: ReadonlySet<string> = new Set([
  'message-start',
  'content-start',
  'content-delta',
  'content-end',
  'tool-plan-delta',
  'tool-call-start',
  'tool-call-delta',
  'tool-call-end',
  'citation-start',
  'citation-end',
  'message-end',
]);

/** Of version 1, beside those with text, citations and the end. */
const KINDS: ReadonlySet<string> = new Set([
  'stream-start',
  'search-queries-generation',
  'search-results',
  'text-generation',
  'citation-generation',
  'tool-calls-generation',
  'tool-calls-chunk',
  'stream-end',
]);

const typeOf = ({ json }: StreamEvent): string => textAt(json, 'type');
const kindOf = ({ json }: StreamEvent): string => textAt(json, 'event_type');

/** Of the reasons to finish: `ERROR_LIMIT` is an answer that grew too long. */
const FAILURES: ReadonlySet<string> = new Set(['ERROR', 'ERROR_TOXIC', 'TIMEOUT']);

function reasonOf(event: StreamEvent): string {
  if (typeOf(event) === 'message-end') return textAt(event.json, 'delta', 'finish_reason');
  return kindOf(event) === 'stream-end' ? textAt(event.json, 'finish_reason') : '';
}

/** A citation of version 2 has sources, whose documents have ids; one of version 1 has the ids alone. */
function sourcesOf(citation: unknown): Citation[] {
  const named = listAt(citation, 'sources').map((source) => {
    const document = at(source, 'document');
    const text = textAt(document, 'text') || textAt(document, 'snippet') || textAt(document, 'data', 'text');
    return { ...(typeof source === 'object' ? source : {}), ...(text === '' ? {} : { text }) };
  });
  return [...citationsIn(named, ['id'], ['text']), ...citationsIn(listAt(citation, 'document_ids'), [])];
}

export const cohere: Dialect = {
  name: 'cohere',
  marksEnd: true,
  knows: (event) => TYPES.has(typeOf(event)) || KINDS.has(kindOf(event)),
  text(event) {
    const { json } = event;
    if (kindOf(event) === 'text-generation') return textAt(json, 'text');
    const isText = typeOf(event) === 'content-delta' || typeOf(event) === 'content-start';
    return isText ? textAt(json, 'delta', 'message', 'content', 'text') : '';
  },
  citations(event) {
    const { json } = event;
    if (kindOf(event) === 'citation-generation') return listAt(json, 'citations').flatMap(sourcesOf);
    if (typeOf(event) !== 'citation-start') return [];
    const found = at(json, 'delta', 'message', 'citations');
    return (Array.isArray(found) ? found : [found]).flatMap(sourcesOf);
  },
  end: (event) => (typeOf(event) === 'message-end' || kindOf(event) === 'stream-end' ? 'complete' : null),
  error(event) {
    const reason = reasonOf(event);
    if (FAILURES.has(reason)) return reason;
    return textAt(event.json, 'delta', 'error') === '' ? null : 'ERROR';
  },
};
