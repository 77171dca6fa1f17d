/** What a content type says about how its body is used and cut. */
import type { Framing } from './frames.ts';

const LINES =
  /^(application\/(x-)?(ndjson|jsonl|jsonlines|json-lines|json-seq|stream\+json)|text\/(x-)?(ndjson|jsonl))$/;

/**
 * How a body is cut into events; null when it is none of events.
 * @param header a response header by its name in lower case
 */
export function framingOf(header: (name: string) => string | null): Framing | null {
  const type = mediaType(header('content-type') ?? '');
  if (type === 'text/event-stream') return 'events';
  if (type === 'application/vnd.amazon.eventstream') return 'messages';
  if (LINES.test(type) || type.endsWith('stream+json')) return 'lines';
  return header('x-vercel-ai-data-stream') === null ? null : 'lines';
}

/**
 * True for JSON that is of no use before its end. Lines of JSON (NDJSON, JSON Lines, `stream+json`, `json-seq`) are used
 * one by one.
 */
export function isWholeJson(contentType: string): boolean {
  const type = mediaType(contentType);
  return type === 'application/json' || (type.endsWith('+json') && !type.endsWith('stream+json'));
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}
