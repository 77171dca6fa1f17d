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

/** A limit of calls is rarely counted over more than a minute, and nobody's users wait for longer because a proxy says "tomorrow". */
const MOST_ASKED_MS = 60_000;

/**
 * When to call again, in ms: as the service asks, but never sooner than one's own pause (a service that says 0 while it is down would be
 * called without end) and not later than after a minute for its sake.
 * @param askedMs what the service asked for; null or undefined when it said nothing
 * @param ownMs what one would wait without being asked
 */
export function pauseMs(askedMs: number | null | undefined, ownMs: number): number {
  return Math.max(ownMs, Math.min(askedMs ?? 0, MOST_ASKED_MS));
}
