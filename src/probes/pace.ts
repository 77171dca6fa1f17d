/**
 * Sends no faster than a plan allows and a color can take: a rate, a number in flight that shrinks and grows, and waits that a color asks
 * for by 429 and `Retry-After`.
 *
 * Invariant: only a 429 is sent again. Whatever else goes wrong is an answer that users would get too. Waiting is bounded: a color that
 * refuses to the end is asked once for each question from then on, until it answers one without error. Refusals and pauses are kept by
 * kind of request, as limits are often those of an address.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../domain/color.ts';
import type { Probe } from '../domain/probe.ts';
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

/** What one color said to one kind of request. */
interface Refusals {
  pausedUntil: number;
  /** It refused one question to the end, and is not waited for again. */
  toTheEnd: boolean;
}

/** What one color gets. */
class Lane {
  readonly #most: number;
  readonly #everyMs: number;
  readonly #firstWaitMs: number;
  #limit: number;
  #inFlight = 0;
  #nextAt = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #refusals = new Map<string, Refusals>();

  constructor({ concurrency, rate, firstWaitMs = FIRST_WAIT_MS }: PaceOptions) {
    this.#firstWaitMs = firstWaitMs;
    this.#most = Math.max(1, Math.floor(concurrency));
    this.#limit = this.#most;
    this.#everyMs = rate === undefined ? 0 : 1000 / rate;
  }

  /** Nothing is held while waiting: a pause of one kind takes no room from the other. */
  async enter(kind: string, signal: AbortSignal | undefined): Promise<void> {
    const refusals = this.#of(kind);
    for (;;) {
      signal?.throwIfAborted();
      const now = performance.now();
      const startAt = Math.max(this.#nextAt, refusals.pausedUntil);
      if (startAt > now) {
        await sleep(startAt - now, undefined, signal === undefined ? {} : { signal });
      } else if (this.#inFlight >= Math.floor(this.#limit)) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      } else {
        this.#inFlight += 1;
        this.#nextAt = now + this.#everyMs;
        return;
      }
    }
  }

  leave(): void {
    this.#inFlight -= 1;
    // All of them look again: the limit may have moved.
    for (const wake of this.#waiting.splice(0)) wake();
  }

  took(kind: string): void {
    this.#of(kind).toTheEnd = false;
    this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
  }

  /** @returns true when the question is to be sent again. */
  refused(kind: string, tries: number, askedMs: number | null): boolean {
    const refusals = this.#of(kind);
    if (refusals.toTheEnd || tries >= MAX_TRIES) {
      refusals.toTheEnd = true;
      refusals.pausedUntil = 0;
      return false;
    }
    const now = performance.now();
    // What was under way together is one refusal.
    if (refusals.pausedUntil <= now) this.#limit = Math.max(1, this.#limit / 2);
    const ownMs = this.#firstWaitMs * 2 ** (tries - 1);
    refusals.pausedUntil = Math.max(refusals.pausedUntil, now + pauseMs(askedMs, ownMs));
    return true;
  }

  #of(kind: string): Refusals {
    const known = this.#refusals.get(kind);
    if (known !== undefined) return known;
    const refusals = { pausedUntil: 0, toTheEnd: false };
    this.#refusals.set(kind, refusals);
    return refusals;
  }
}

type KindOf = (probe: Probe) => string;

/** @param kindOf the kind of request that a probe makes. @default all are of one kind */
export function paced(sender: Sender, options: PaceOptions, kindOf?: KindOf): Sender {
  return pacer(options)(sender, kindOf);
}

/** One pace for several senders: together they ask a color no faster than it is allowed. */
export function pacer(options: PaceOptions): (sender: Sender, kindOf?: KindOf) => Sender {
  const lanes: Readonly<Record<Color, Lane>> = { blue: new Lane(options), green: new Lane(options) };
  return (sender, kindOf = () => '') => ({
    async send(probe, cell, color, signal) {
      const lane = lanes[color];
      const kind = kindOf(probe);
      for (let tries = 1; ; tries += 1) {
        await lane.enter(kind, signal);
        let sent: SentAnswer;
        try {
          sent = await sender.send(probe, cell, color, signal);
        } finally {
          lane.leave();
        }
        if (sent.status === TOO_MANY) {
          if (lane.refused(kind, tries, sent.retryAfterMs)) continue;
        } else if (sent.error === null) lane.took(kind);
        return sent;
      }
    },
  });
}
