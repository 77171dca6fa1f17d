/** Hours of a day that a plan names, UTC. */

/** `02:00-03:30`; a span may reach over midnight. */
export const HOURS_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** True where a stretch of time lies in one of the spans, even in part. @param spans as {@link HOURS_OF_DAY} */
export function isInHours(startMs: number, lengthMs: number, spans: readonly string[]): boolean {
  const start = ((startMs % DAY_MS) + DAY_MS) % DAY_MS;
  return spans.some((span) => {
    const [from, to] = boundsOf(span);
    const length = to > from ? to - from : to - from + DAY_MS;
    // The span as it began today, and as it began the day before.
    return [from, from - DAY_MS, from + DAY_MS].some(
      (begin) => start < begin + length && begin < start + lengthMs,
    );
  });
}

function boundsOf(span: string): readonly [number, number] {
  const [from = 0, to = 0] = span.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return (hours * 60 + minutes) * MINUTE_MS;
  });
  return [from, to];
}
