/** What was in a log and could not be counted, by when it was read: a log that was mended is judged by what came since. */
import type { Unread } from '../../domain/look-input.ts';

/** Different reasons that are told of a minute; the rest stand under one. */
const MOST_REASONS = 20;
const OTHERS = 'another fault';
const MINUTE_MS = 60_000;
/** Longest that is remembered, minutes: longer than any window. */
const MOST_MINUTES = 7 * 24 * 60;

interface Minute {
  readonly at: number;
  lines: number;
  foreign: number;
  broken: number;
  readonly reasons: Map<string, number>;
}

export class UnreadLines {
  readonly #now: () => number;
  /** The newest last. */
  #minutes: Minute[] = [];

  /** @param now epoch ms */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param lines read, the unread ones included */
  read(lines: number): void {
    if (lines > 0) this.#minute().lines += lines;
  }

  /** @param isForeign it is no request line at all, and no broken one either */
  leave(why: string, count: number, isForeign: boolean): void {
    const minute = this.#minute();
    add(minute.reasons, why, count);
    if (isForeign) minute.foreign += count;
    else minute.broken += count;
  }

  /** Lines that were read and not counted. */
  get count(): number {
    return this.#minutes.reduce((sum, { foreign, broken }) => sum + foreign + broken, 0);
  }

  /**
   * What was read since then, null when all of it was counted.
   * @param sinceMs epoch ms
   * @param beside what other readers of the same lines found
   */
  told(sinceMs: number, ...beside: readonly UnreadLines[]): Unread | null {
    const all = [this, ...beside].flatMap((one) => one.#minutes);
    const since = all.filter(({ at }) => (at + 1) * MINUTE_MS > sinceMs);
    const [sum, reasons] = [{ lines: 0, foreign: 0, broken: 0 }, new Map<string, number>()];
    for (const minute of since) {
      sum.lines += minute.lines;
      sum.foreign += minute.foreign;
      sum.broken += minute.broken;
      for (const [why, count] of minute.reasons) add(reasons, why, count);
    }
    return reasons.size === 0 ? null : { ...sum, reasons: Object.fromEntries(reasons) };
  }

  /** For lines that are read again: they are counted again, too. */
  clear(): void {
    this.#minutes = [];
  }

  #minute(): Minute {
    const at = Math.floor(this.#now() / MINUTE_MS);
    const last = this.#minutes.at(-1);
    if (last?.at === at) return last;
    const minute = { at, lines: 0, foreign: 0, broken: 0, reasons: new Map<string, number>() };
    this.#minutes = [...this.#minutes.filter((one) => one.at > at - MOST_MINUTES), minute];
    return minute;
  }
}

function add(reasons: Map<string, number>, why: string, count: number): void {
  const known = reasons.has(why) || reasons.size < MOST_REASONS ? why : OTHERS;
  reasons.set(known, (reasons.get(known) ?? 0) + count);
}
