/**
 * The backfill guard on SQS: moves messages from one queue to another, many at a time.
 * Invariants: a message is deleted only after the other queue has accepted it; whatever goes wrong in between, it is still in the
 * source and is sent again under the same key. Few are received until the target has taken one, what it does not take goes back at
 * once, and no message is received again by a move whose next receive would be its last before the dead-letter queue.
 * Never purge: purging is asynchronous, takes 60 s and also eats what arrives meanwhile.
 */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { ProviderError } from '../../domain/errors.ts';
import type { Moved } from '../../ports/index.ts';
import { BATCH, SqsCalls, type Failure } from './calls.ts';
import { hold, type Held, type TargetQueue } from './held.ts';

/** A batch is at most 1 MiB (256 KiB before August 2025, which is what we keep to). */
const BATCH_BYTES = 256 * 1024;
/** Received and sent side by side, at most: calls through a slow line are waited for together. */
const LANES = 16;
/** Jobs that may be tried, one by one, until the target has taken its first. */
const FIRST_TRIES = 3;
/** Jobs that a call holds back because the target refuses them. */
const MAX_REFUSED = 100;
/** A call ends about then, so that its caller can say how far it is, ms. */
const CALL_MS = 10_000;
/** In hand for longer than this: ask the source for more time, ms. */
const EXTEND_AFTER_MS = 10_000;

export interface SourceQueue {
  readonly url: string;
  /** Receives after which the source sends a message to its dead-letter queue; null without one. */
  readonly maxReceives: number | null;
  /** About so many can be received now. */
  readonly ready: number;
}

export interface MoveLimits {
  readonly maxMessages: number;
  /** Seconds of long polling. */
  readonly waitS: number;
}

export class Move {
  readonly #calls: SqsCalls;
  readonly #source: SourceQueue;
  readonly #target: TargetQueue;
  /** Messages that are at the target and could not be deleted at the source: not to be sent again. */
  readonly #copied: Set<string>;
  readonly #untilMs = Date.now() + CALL_MS;
  #left: number;
  #moved = 0;
  #stopped = false;
  /** The target has taken a job. */
  #isAccepted = false;
  readonly #refused: Held[] = [];
  #why: string | null = null;
  #passing: Failure | null = null;
  #mostReceives = 0;

  constructor(
    client: SQSClient,
    queues: { readonly source: SourceQueue; readonly target: TargetQueue },
    copied: Set<string>,
    limits: MoveLimits,
    signal: AbortSignal | undefined,
  ) {
    const urls = { source: queues.source.url, target: queues.target.url };
    this.#calls = new SqsCalls(client, urls, limits.waitS, signal);
    this.#source = queues.source;
    this.#target = queues.target;
    this.#copied = copied;
    this.#left = limits.maxMessages;
  }

  async run(): Promise<Moved> {
    try {
      let isEmpty = false;
      for (let tries = 0; tries < FIRST_TRIES && !this.#isAccepted && !isEmpty; tries += 1) {
        isEmpty = !(await this.#step(1));
      }
      if (this.#isAccepted && !isEmpty) {
        const calls = Math.ceil(Math.min(this.#left, this.#source.ready) / BATCH);
        const lanes = Array.from({ length: Math.max(1, Math.min(LANES, calls)) }, () => this.#lane());
        const failed = (await Promise.allSettled(lanes)).find((one) => one.status === 'rejected');
        if (failed !== undefined) throw failed.reason;
      }
    } finally {
      await this.#calls.letGo(this.#refused);
    }
    return this.#ending();
  }

  #ending(): Moved {
    const { maxReceives } = this.#source;
    const isLastTry = maxReceives !== null && this.#mostReceives >= maxReceives - 1;
    const limit = isLastTry
      ? `; a job was received ${this.#mostReceives} times, of ${maxReceives} before the dead-letter queue`
      : '';
    if (this.#why !== null) {
      const why = `${this.#target.url} refuses jobs: ${this.#why}${limit}`;
      return { moved: this.#moved, refused: { jobs: this.#refused.length, why, isLastTry } };
    }
    if (this.#passing !== null && this.#moved === 0) {
      const why = `${this.#target.url}: no job was accepted: ${this.#passing.why}${limit}`;
      const { retryAfterMs } = this.#passing;
      if (isLastTry) return { moved: 0, refused: { jobs: this.#refused.length, why, isLastTry } };
      throw new ProviderError('retry', 'sqs', why, retryAfterMs === undefined ? {} : { retryAfterMs });
    }
    return { moved: this.#moved };
  }

  async #lane(): Promise<void> {
    try {
      while (await this.#step(BATCH));
    } catch (error) {
      this.#stopped = true;
      throw error;
    }
  }

  /** @returns whether there may be more to do. */
  async #step(most: number): Promise<boolean> {
    const wanted = Math.min(most, this.#left);
    if (wanted <= 0 || this.#stopped || Date.now() > this.#untilMs) return false;
    this.#left -= wanted;
    const messages = await this.#calls.receive(wanted);
    this.#left += wanted - messages.length;
    const held = messages.map((message) => hold(message, this.#target));
    const todo = new Set(held);
    try {
      await this.#deliver(todo);
    } catch (error) {
      await this.#calls.letGo([...todo]);
      throw error;
    }
    return messages.length > 0;
  }

  /** Sends and deletes; takes out of `todo` whatever needs no letting go any more. */
  async #deliver(todo: Set<Held>): Promise<void> {
    let sinceMs = Date.now();
    for (const part of parts([...todo], this.#target.isFifo)) {
      if (Date.now() - sinceMs > EXTEND_AFTER_MS) {
        await this.#calls.extend([...todo]);
        sinceMs = Date.now();
      }
      await this.#deliverPart(
        part.filter((one) => todo.has(one)),
        todo,
      );
    }
  }

  async #deliverPart(part: readonly Held[], todo: Set<Held>): Promise<void> {
    const failures = new Map<Held, Failure>();
    const fitting = part.filter((one) => {
      const fits = one.bytes <= this.#target.maxBytes;
      if (!fits) {
        const why = `a job of ${one.bytes} bytes, more than the ${this.#target.maxBytes} it takes`;
        failures.set(one, { of: 'job', why });
      }
      return fits;
    });
    const fresh = fitting.filter((one) => !this.#copied.has(one.messageId));
    if (fresh.length > 0 && !this.#stopped) {
      for (const [one, failure] of await this.#calls.send(fresh)) failures.set(one, failure);
    }
    const unsent = this.#stopped ? fresh.filter((one) => !failures.has(one)) : [];
    const sent = fitting.filter((one) => !failures.has(one) && !unsent.includes(one));
    if (sent.length > 0) this.#isAccepted = true;
    for (const one of sent) this.#copied.add(one.messageId);
    for (const one of sent) todo.delete(one);
    const undeleted = sent.length === 0 ? [] : await this.#calls.delete(sent);
    for (const one of sent) if (!undeleted.includes(one)) this.#copied.delete(one.messageId);
    this.#moved += sent.length - undeleted.length;
    for (const [one, failure] of failures) this.#giveBack(one, failure, todo);
    for (const one of unsent) this.#keep(one, todo);
  }

  /** What was not taken waits in hand until the call ends, and with it the rest of its group: received once, order kept. */
  #giveBack(one: Held, failure: Failure, todo: Set<Held>): void {
    if (failure.of === 'passing') this.#passing = failure;
    else this.#why = failure.why;
    const inOrder = this.#target.isFifo && one.group !== null;
    const behind = inOrder ? [...todo].filter((other) => other.group === one.group && other !== one) : [];
    for (const other of [one, ...behind]) this.#keep(other, todo);
    if (failure.of !== 'job' || this.#refused.length >= MAX_REFUSED) this.#stopped = true;
  }

  #keep(one: Held, todo: Set<Held>): void {
    todo.delete(one);
    this.#refused.push(one);
    this.#left += 1;
    this.#mostReceives = Math.max(this.#mostReceives, one.receives);
  }
}

/**
 * What is sent in one call. To a FIFO queue never two of one group: a refused one must stop those behind it.
 */
function parts(held: readonly Held[], isFifo: boolean): Held[][] {
  const made: { readonly list: Held[]; bytes: number }[] = [];
  for (const one of held) {
    const lastOfGroup = isFifo
      ? made.findLastIndex(({ list }) =>
          list.some((other) => other.group === one.group && one.group !== null),
        )
      : -1;
    const open = made.slice(lastOfGroup + 1).find(({ bytes }) => bytes + one.bytes <= BATCH_BYTES);
    if (open === undefined) made.push({ list: [one], bytes: one.bytes });
    else {
      open.list.push(one);
      open.bytes += one.bytes;
    }
  }
  return made.map(({ list }) => list);
}
