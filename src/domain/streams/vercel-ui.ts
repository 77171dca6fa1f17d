/** UI message streams of the Vercel AI SDK, version 5 and later. */
import { citationsIn, textAt, NO_CITATIONS, type Dialect, type StreamEvent } from './dialect.ts';

/** Without `start` and `file`, which are words of other streams too. */
const TYPES: ReadonlySet<string> = new Set([
  'text-start',
  'text-delta',
  'text-end',
  'reasoning-start',
  'reasoning-delta',
  'reasoning-end',
  'source-url',
  'source-document',
  'start-step',
  'finish-step',
  'message-metadata',
  'finish',
  'abort',
]);
const FAMILIES = /^(data|tool)-/;

const typeOf = ({ json }: StreamEvent): string => textAt(json, 'type');

export const vercelUi: Dialect = {
  name: 'vercel-ui',
  marksEnd: true,
  knows: (event) => TYPES.has(typeOf(event)) || FAMILIES.test(typeOf(event)),
  text: (event) => (typeOf(event) === 'text-delta' ? textAt(event.json, 'delta') : ''),
  citations: (event) =>
    typeOf(event).startsWith('source-')
      ? citationsIn([event.json], ['sourceId', 'url', 'title'])
      : NO_CITATIONS,
  end: (event) => (typeOf(event) === 'finish' ? 'complete' : null),
  // `error` itself has a text for people and no code.
  error: (event) => (typeOf(event) === 'abort' ? 'abort' : null),
};
