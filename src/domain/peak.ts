/**
 * When the next peak window begins and ends, as absolute instants.
 *
 * Invariant: the window that is returned starts at or after now, so that a hold over it sees all of it.
 * Runs in an activity, never in workflow code: Intl answers from the machine's time zone data, which a replay on
 * another machine may not share.
 */
import type { PeakWindow } from './plan.ts';

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Epoch milliseconds; the window holds `startMs` and not `endMs`. */
export interface PeakInstants {
  readonly startMs: number;
  readonly endMs: number;
}

/** True for a name of the IANA time zone database such as `Europe/Paris` or `UTC`; false for offsets like `+02:00`. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * The next daily window that can be seen whole. A local time that a clock change skips is read with the offset before
 * the change (02:30 becomes 03:30); one that happens twice means its first occurrence. The length is real time.
 *
 * @param nowMs epoch ms; inside a window with less than `lengthMs` left, the next allowed day's is taken
 * @param lengthMs length of the window, ms
 * @throws RangeError when the zone, the time `at` or the days are not valid
 */
export function nextPeak(window: PeakWindow, nowMs: number, lengthMs: number): PeakInstants {
  const time = /^([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(window.at);
  if (time === null) throw new RangeError(`peak time must be HH:MM, not ${window.at}`);
  if (!isTimeZone(window.zone)) throw new RangeError(`unknown time zone ${window.zone}`);
  if (!(Number.isFinite(nowMs) && lengthMs > 0))
    throw new RangeError('now and length must be numbers of milliseconds');
  const ofDayMs = (Number(time[1]) * 60 + Number(time[2])) * 60_000;
  const today = Math.floor((nowMs + offsetMs(window.zone, nowMs)) / DAY_MS) * DAY_MS;
  // From the day before, for a skipped time that moved past midnight; nine days ahead hold every weekday.
  for (let day = -1; day <= 9; day += 1) {
    const date = today + day * DAY_MS;
    if (!window.days.includes(isoWeekday(date))) continue;
    const startMs = instantOf(date + ofDayMs, window.zone);
    if (startMs >= nowMs) return { startMs, endMs: startMs + lengthMs };
  }
  throw new RangeError(
    'the peak window falls on no day: days must hold numbers from 1 (Monday) to 7 (Sunday)',
  );
}

/** Local wall-clock time (as if UTC) to an instant. */
function instantOf(localMs: number, zone: string): number {
  const before = offsetMs(zone, localMs - DAY_MS);
  const after = offsetMs(zone, localMs + DAY_MS);
  const fits = [before, after]
    .filter((offset) => offsetMs(zone, localMs - offset) === offset)
    .map((offset) => localMs - offset);
  return fits.length > 0 ? Math.min(...fits) : localMs - before;
}

function isoWeekday(localMs: number): number {
  return ((Math.floor(localMs / DAY_MS) + 3) % 7) + 1;
}

/** How far the zone's clocks are ahead of UTC at an instant, ms. */
function offsetMs(zone: string, atMs: number): number {
  const fields: Record<string, number> = {};
  for (const part of formatterOf(zone).formatToParts(atMs)) fields[part.type] = Number(part.value);
  const local = Date.UTC(
    fields['year'] ?? 0,
    (fields['month'] ?? 1) - 1,
    fields['day'] ?? 1,
    fields['hour'] ?? 0,
    fields['minute'] ?? 0,
    fields['second'] ?? 0,
  );
  return local - Math.floor(atMs / 1000) * 1000;
}

// Making a formatter costs far more than using one, and a search asks one zone a dozen times.
function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}
