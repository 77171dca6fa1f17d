/** What telemetry says of lines that it could not count: when a gate may not pass on the rest, and the words for it. */
import type { TrafficCounts, Unread } from './look-input.ts';

/** Broken lines among request lines, as a share, from which on what is left may not be what there was. */
const BROKEN_SHARE = 0.001;
/** A line that is cut off where a log rotates says nothing of the rest. */
const BROKEN_FEW = 5;

/** Why the numbers of a window are not all of its traffic; null when nothing says so. */
export function gapOf({ lost = 0, unread }: Pick<TrafficCounts, 'lost' | 'unread'>): string | null {
  if (lost > 0) return `telemetry: ${lost} request lines were lost before they were written`;
  if (unread === undefined) return null;
  const { lines, foreign, broken } = unread;
  if (broken < BROKEN_FEW || broken < BROKEN_SHARE * (lines - foreign)) return null;
  return `telemetry: ${broken} of ${lines - foreign} request lines cannot be read: ${reasonsOf(unread)}`;
}

/** Why nothing at all can be judged from this source; null when something can, or when nothing was there to read. */
export function unreadable({
  unread,
  freshestMs,
}: Pick<TrafficCounts, 'unread' | 'freshestMs'>): string | null {
  if (unread === undefined || freshestMs !== null || unread.lines > unread.foreign + unread.broken)
    return null;
  return `${unread.lines} lines read, none is a request line: ${reasonsOf(unread)}`;
}

/** The three most frequent reasons. */
function reasonsOf({ reasons }: Unread): string {
  return Object.entries(reasons)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([why, n]) => `${n} × ${why}`)
    .join('; ');
}
