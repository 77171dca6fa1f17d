/**
 * Durations as people write them: `250ms`, `90s`, `15m`, `1h30m`, `2d`.
 *
 * Invariant: `parseDuration(formatDuration(ms)) === ms` for every whole, non-negative number of milliseconds.
 */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

const MINUTE_MS = 60_000;

/** Longest duration that is accepted: 366 days, in ms. A longer one is a typing mistake, not a plan. */
export const MAX_DURATION_MS = 366 * 86_400_000;

/** What `parseDuration` accepts, for JSON Schema: each unit at most once, largest first, decimals allowed. */
export const DURATION_PATTERN =
  '^(?=[0-9])([0-9]{1,6}(\\.[0-9]{1,6})?d)?([0-9]{1,6}(\\.[0-9]{1,6})?h)?([0-9]{1,9}(\\.[0-9]{1,6})?m)?([0-9]{1,9}(\\.[0-9]{1,6})?s)?([0-9]{1,12}ms)?$';

const DURATION = new RegExp(DURATION_PATTERN);
const PART = /([0-9]+(?:\.[0-9]+)?)(ms|d|h|m|s)/g;

/**
 * @param text a duration with its unit, such as `90s`, `1.5h` or `1h30m`; no spaces, no sign
 * @returns whole milliseconds, or null when `text` is not a duration or is longer than {@link MAX_DURATION_MS}
 */
export function parseDuration(text: string): number | null {
  if (text.length > 64 || !DURATION.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) {
    const factor = UNITS.find(([name]) => name === unit)?.[1];
    if (factor === undefined) return null;
    total += Number(amount) * factor;
  }
  const ms = Math.round(total);
  return ms <= MAX_DURATION_MS ? ms : null;
}

/** Whole minutes, under a minute whole seconds, at least one: `31 min`, `4s`. */
export function roughDuration(ms: number): string {
  if (ms >= MINUTE_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  return formatDuration(Math.max(1, Math.round(ms / 1000)) * 1000);
}

/**
 * The shortest exact text, largest unit first: `5400000` is `1h30m`, `0` is `0s`.
 *
 * @param ms milliseconds; rounded to a whole number, a negative one keeps its sign in front
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  let rest = Math.round(Math.abs(ms));
  if (rest === 0) return '0s';
  let text = ms < 0 ? '-' : '';
  for (const [unit, factor] of UNITS) {
    const count = Math.floor(rest / factor);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * factor;
  }
  return text;
}
