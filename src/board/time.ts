/** Times for people, in UTC: logs and colleagues in other time zones say the same. */

/** A time as seen from another one: `19:20:49Z`, or `11-26 19:20Z` when that is another day. */
export function when(ms: number, fromMs: number): string {
  const text = new Date(ms).toISOString();
  const isSameDay = text.slice(0, 10) === new Date(fromMs).toISOString().slice(0, 10);
  return isSameDay ? `${text.slice(11, 19)}Z` : `${text.slice(5, 10)} ${text.slice(11, 16)}Z`;
}
