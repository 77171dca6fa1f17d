/**
 * Sends no faster than a plan allows and a color can take: a rate, a number in flight that shrinks and grows, and waits that a color asks
 * for by 429 and `Retry-After`.
 *
 * Invariant: only a 429 is sent again. Whatever else goes wrong is an answer that users would get too. Waiting is bounded: a color that
 * refuses to the end is asked once for each question from then on, until it answers again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../domain/color.ts';
import { pauseMs } from '../domain/retry-after.ts';
import type { Sender, SentAnswer } from './sender.ts';

const TOO_MANY = 429;
/** Times one question is sent at most: without a word of the color its waits add up to a minute, as limits are counted. */
const MAX_TRIES = 7;
const FIRST_WAIT_MS = 1000;

export interface PaceOptions {
  /** Requests in flight at once, per color. */
  readonly concurrency: number;
  /** Requests per second, per color. Left out: no limit. */
  readonly rate?: number | undefined;
  /** Wait before the second try at least, ms; doubled with each. @default 1000 */
  readonly firstWaitMs?: number;
}

/** What one color gets. */
class Lane {
  readonly #most: number;
  readonly #everyMs: number;
  readonly #firstWaitMs: number;
  #limit: number;
  #inFlight = 0;
  #nextAt = 0;
  #pausedUntil = 0;
  #refuses = false;
  readonly #waiting: (() => void)[] = [];

  constructor({ concurrency, rate, firstWaitMs = FIRST_WAIT_MS }: PaceOptions) {
    this.#firstWaitMs = firstWaitMs;
    this.#most = Math.max(1, Math.floor(concurrency));
    this.#limit = this.#most;
    this.#everyMs = rate === undefined ? 0 : 1000 / rate;
  }

  /** A color that refused one question to the end is not waited for again. */
  get tries(): number {
    return this.#refuses ? 1 : MAX_TRIES;
  }

  async enter(signal: AbortSignal | undefined): Promise<void> {
    while (this.#inFlight >= Math.floor(this.#limit)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      signal?.throwIfAborted();
    }
    this.#inFlight += 1;
    try {
      for (;;) {
        const now = performance.now();
        const startAt = Math.max(this.#nextAt, this.#refuses ? 0 : this.#pausedUntil);
        if (startAt <= now) {
          this.#nextAt = now + this.#everyMs;
          return;
        }
        await sleep(startAt - now, undefined, signal === undefined ? {} : { signal });
      }
    } catch (cause) {
      this.leave();
      throw cause;
    }
  }

  leave(): void {
    this.#inFlight -= 1;
    // All of them look again: the limit may have moved.
    for (const wake of this.#waiting.splice(0)) wake();
  }

  took(): void {
    this.#refuses = false;
    this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
  }

  refused(tries: number, askedMs: number | null): void {
    const now = performance.now();
    // What was under way together is one refusal.
    if (this.#pausedUntil <= now) this.#limit = Math.max(1, this.#limit / 2);
    this.#pausedUntil = Math.max(
      this.#pausedUntil,
      now + pauseMs(askedMs, this.#firstWaitMs * 2 ** (tries - 1)),
    );
  }

  gaveUp(): void {
    this.#refuses = true;
  }
}

export function paced(sender: Sender, options: PaceOptions): Sender {
  const lanes: Readonly<Record<Color, Lane>> = { blue: new Lane(options), green: new Lane(options) };
  return {
    async send(probe, cell, color, signal) {
      const lane = lanes[color];
      for (let tries = 1; ; tries += 1) {
        await lane.enter(signal);
        let sent: SentAnswer;
        try {
          sent = await sender.send(probe, cell, color, signal);
        } finally {
          lane.leave();
        }
        if (sent.status !== TOO_MANY) {
          lane.took();
          return sent;
        }
        lane.refused(tries, sent.retryAfterMs);
        if (tries < lane.tries) continue;
        lane.gaveUp();
        return sent;
      }
    },
  };
}
