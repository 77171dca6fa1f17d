/**
 * Finds the next busy stretch from the load of past hours. Hours of the week are compared, so that a Saturday is expected to be like
 * Saturdays, not like the Friday before it.
 */

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;

/** A stretch is busy from this share of the busiest one of the week on. */
const NEAR_TOP = 0.8;

export interface HourLoad {
  /** Epoch ms of its start. */
  readonly hourMs: number;
  readonly requests: number;
}

export interface BusyStretch {
  readonly startMs: number;
  /** Requests usual in a stretch that begins then. */
  readonly expected: number;
  /** Days of telemetry behind it. */
  readonly days: number;
}

/**
 * The first stretch of `lengthMs` at or after `notBeforeMs` with a usual load near the week's top; null where telemetry holds nothing
 * to tell it by. With less than a week of telemetry, hours that were not seen are taken for the same hour of the days that were.
 * @param hours requests of past hours; hours without requests may be missing
 * @param untilMs end of what telemetry could have seen
 */
export function nextBusyStretch(
  hours: readonly HourLoad[],
  untilMs: number,
  notBeforeMs: number,
  lengthMs: number,
): BusyStretch | null {
  const seen = hours.filter(({ requests, hourMs }) => requests > 0 && hourMs + HOUR_MS <= untilMs);
  if (seen.length === 0) return null;
  const sinceMs = Math.min(...seen.map(({ hourMs }) => hourMs));
  const usual = usualLoad(seen, sinceMs, untilMs);
  const loadFrom = (startMs: number): number => loadOf(usual, startMs, lengthMs);
  const firstMs = Math.ceil(notBeforeMs / HOUR_MS) * HOUR_MS;
  const starts = Array.from({ length: WEEK_HOURS }, (_, hour) => firstMs + hour * HOUR_MS);
  const top = Math.max(...starts.map(loadFrom));
  if (top <= 0) return null;
  const startMs = [notBeforeMs, ...starts].find((start) => loadFrom(start) >= NEAR_TOP * top) ?? firstMs;
  const days = (untilMs - sinceMs) / (DAY_HOURS * HOUR_MS);
  return { startMs, expected: Math.round(loadFrom(startMs)), days: Math.round(days * 10) / 10 };
}

/** Mean requests of each hour of the week; `hour` counts from the epoch. */
function usualLoad(hours: readonly HourLoad[], sinceMs: number, untilMs: number): (hour: number) => number {
  const requests = new Map<number, number>();
  for (const { hourMs, requests: n } of hours) {
    const hour = Math.floor(hourMs / HOUR_MS);
    requests.set(hour, (requests.get(hour) ?? 0) + n);
  }
  const [first, end] = [Math.floor(sinceMs / HOUR_MS), Math.floor(untilMs / HOUR_MS)];
  const mean = (period: number, hour: number): number | null => {
    let [sum, count] = [0, 0];
    for (let at = first + ((((hour - first) % period) + period) % period); at < end; at += period) {
      sum += requests.get(at) ?? 0;
      count += 1;
    }
    return count === 0 ? null : sum / count;
  };
  return (hour) => mean(WEEK_HOURS, hour) ?? mean(DAY_HOURS, hour) ?? 0;
}

/** Requests usual in a stretch, an hour that it touches in part counted in part. */
function loadOf(usual: (hour: number) => number, startMs: number, lengthMs: number): number {
  let load = 0;
  for (let atMs = startMs; atMs < startMs + lengthMs;) {
    const hour = Math.floor(atMs / HOUR_MS);
    const endMs = Math.min((hour + 1) * HOUR_MS, startMs + lengthMs);
    load += (usual(hour) * (endMs - atMs)) / HOUR_MS;
    atMs = endMs;
  }
  return load;
}
