/** What a content type says about how its body is used. */

/**
 * True for JSON that is of no use before its end. Lines of JSON (NDJSON, JSON Lines, `stream+json`, `json-seq`) are used
 * one by one.
 */
export function isWholeJson(contentType: string): boolean {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return type === 'application/json' || (type.endsWith('+json') && !type.endsWith('stream+json'));
}
