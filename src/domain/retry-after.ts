/**
 * What a `Retry-After` header asks for, in ms: seconds or an HTTP date (RFC 9110 §10.2.3). Null when it is absent or unreadable.
 * @param nowMs what a date is counted from
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
