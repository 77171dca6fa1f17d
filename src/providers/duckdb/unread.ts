/** What was in a log and could not be counted. */
import type { Unread } from '../../domain/look-input.ts';

/** Different reasons that are told; the rest stand under one. */
const MOST_REASONS = 20;
const OTHERS = 'another fault';

export class UnreadLines {
  #lines = 0;
  #foreign = 0;
  #broken = 0;
  readonly #reasons = new Map<string, number>();

  /** @param lines read, the unread ones included */
  read(lines: number): void {
    this.#lines += lines;
  }

  /** @param isForeign it is no request line at all, and no broken one either */
  leave(why: string, count: number, isForeign: boolean): void {
    const known = this.#reasons.has(why) || this.#reasons.size < MOST_REASONS ? why : OTHERS;
    this.#reasons.set(known, (this.#reasons.get(known) ?? 0) + count);
    if (isForeign) this.#foreign += count;
    else this.#broken += count;
  }

  /** Lines that were read and not counted. */
  get count(): number {
    return this.#foreign + this.#broken;
  }

  /** Null when all were counted. */
  told(): Unread | null {
    if (this.count === 0) return null;
    return {
      lines: this.#lines,
      foreign: this.#foreign,
      broken: this.#broken,
      reasons: Object.fromEntries(this.#reasons),
    };
  }
}
