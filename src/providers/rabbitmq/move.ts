/**
 * The backfill guard on RabbitMQ: takes jobs as a worker does, publishes them to the other queue, and acknowledges them when the broker
 * has confirmed that this has them.
 *
 * Invariants: nothing is acknowledged that was not confirmed, and nothing of a batch of which the broker could not bring one job to its
 * queue. No transaction of AMQP does that: it takes the acknowledgement before the other queue has the job. Jobs are published in the
 * order in which they were taken; no more is taken than the target has room for.
 */
import type { Channel, ConfirmChannel, ConsumeMessage, Replies } from 'amqplib';
import { ProviderError } from '../../domain/errors.ts';
import { excerpt } from '../../domain/redact.ts';
import type { Moved } from '../../ports/index.ts';
import { carried, isReadWhole, returnsOf } from './carried.ts';
import type { Rabbit } from './connection.ts';
import { maxDeliveries } from './depth.ts';
import { isInExclusiveUse, rabbitFault } from './errors.ts';
import type { QueueFacts } from './management.ts';

/** Taken and published together: their confirmations are waited for side by side. A worker that is killed has so many in hand. */
const BATCH = 500;
/** What is in hand stays in memory: so much at most, bytes. */
const BATCH_BYTES = 32 * 1024 * 1024;
/** Nothing more came for so long: others have taken the rest, ms. */
const IDLE_MS = 1000;
/** A call ends about then, so that its caller can say how far it is, ms. */
const CALL_MS = 8000;

export interface Between {
  readonly source: QueueFacts;
  readonly target: QueueFacts;
}

/** @throws ProviderError; the signal's reason when cancelled. */
export async function move(
  rabbit: Rabbit,
  between: Between,
  { maxMessages, signal }: { readonly maxMessages: number; readonly signal?: AbortSignal | undefined },
): Promise<Moved> {
  const begun: { move?: Move } = {};
  try {
    return await rabbit.ask(signal, async (connection) => {
      const channel = await connection.createChannel();
      begun.move = new Move(channel, await connection.createConfirmChannel(), between);
      return begun.move.run(maxMessages);
    });
  } catch (error) {
    const last = error instanceof ProviderError ? begun.move?.lastTry(error.message) : null;
    if (last) return last;
    throw error;
  }
}

class Move {
  readonly #channel: Channel;
  readonly #toTarget: ConfirmChannel;
  readonly #between: Between;
  readonly #untilMs = Date.now() + CALL_MS;
  /** The broker could not bring a job to the target. */
  #isReturned = false;
  /** Why it has closed a channel. */
  #fault: Error | null = null;
  #moved = 0;
  /** Taken, and not known to be gone from the source. */
  #inHand: readonly ConsumeMessage[] = [];

  constructor(channel: Channel, toTarget: ConfirmChannel, between: Between) {
    this.#channel = channel;
    this.#toTarget = toTarget;
    this.#between = between;
    // Whoever waits for an answer of it hears of it.
    channel.on('error', () => undefined);
    toTarget.on('error', (error) => {
      this.#fault = error;
    });
    toTarget.on('return', () => {
      this.#isReturned = true;
    });
  }

  async run(maxMessages: number): Promise<Moved> {
    const { source, target } = this.#between;
    const { messageCount: ready } = await this.#channel.checkQueue(source.name);
    if (ready === 0) return { moved: 0 };
    const drops = whyDropping(target);
    if (drops !== null) return this.#refused(0, drops);
    const asked = Math.min(maxMessages, ready);
    const room = await this.#room();
    if (room === null) return this.#refused(0, this.#whyRefused());
    const most = Math.min(asked, room);
    const batch = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / Math.max(1, source.meanBytes))));
    while (this.#moved < most && Date.now() < this.#untilMs) {
      // Until the target has taken one, only one can lose a delivery.
      const wanted = this.#moved === 0 ? 1 : Math.min(batch, most - this.#moved);
      const taken = await this.#take(wanted);
      if (taken === null) return this.#refused(ready - this.#moved, `${source.name} ${ANOTHERS}`);
      if (taken.length === 0) break;
      const { accepted, why, isLastTry } = await this.#handOver(taken);
      this.#moved += accepted;
      if (why !== null) return this.#refused(taken.length - accepted, why, isLastTry);
    }
    // The broker answers in order: what was acknowledged before is gone.
    await this.#channel.checkQueue(source.name);
    if (this.#moved === most && most < asked) return this.#refused(asked - most, 'it is full');
    if (this.#moved === 0 && source.setting('single-active-consumer') === true)
      return this.#refused(ready, `${source.name} ${ANOTHERS}`);
    return { moved: this.#moved };
  }

  /** What to answer where the connection broke: null as long as the jobs in hand may come back once more. */
  lastTry(why: string): Moved | null {
    return this.#isLastTry(this.#inHand) ? this.#refused(this.#inHand.length, why, true) : null;
  }

  /** Whether the queue gives one of them up when it comes back twice from here. */
  #isLastTry(jobs: readonly ConsumeMessage[]): boolean {
    const limit = maxDeliveries(this.#between.source);
    return limit !== null && jobs.some((job) => returnsOf(job) + 2 >= limit);
  }

  /** Jobs that the target takes until it refuses them; null where it is not there. */
  async #room(): Promise<number | null> {
    const { target } = this.#between;
    const limit = target.setting('max-length');
    try {
      const { messageCount } = await this.#toTarget.checkQueue(target.name);
      return typeof limit === 'number' ? Math.max(0, limit - messageCount) : Infinity;
    } catch (error) {
      if (this.#fault === null) throw error;
      return null;
    }
  }

  /**
   * Never more than wanted: the consumer is cancelled before the first of them is acknowledged.
   * @returns null where another consumer has the queue for itself
   */
  async #take(wanted: number): Promise<readonly ConsumeMessage[] | null> {
    const taken: ConsumeMessage[] = [];
    this.#inHand = taken;
    await this.#channel.prefetch(wanted);
    let idle: NodeJS.Timeout | undefined;
    const consumer = await new Promise<Replies.Consume | null>((resolve, reject) => {
      let started: Replies.Consume | undefined;
      const end = (): void => {
        clearTimeout(idle);
        if (started !== undefined) resolve(started);
      };
      const look = (isOver: boolean): void => {
        clearTimeout(idle);
        if (isOver) end();
        else idle = setTimeout(end, IDLE_MS);
      };
      this.#channel
        .consume(this.#between.source.name, (job) => {
          if (job !== null) taken.push(job);
          // Without a job: the queue is gone.
          look(job === null || taken.length >= wanted);
        })
        .then(
          (reply) => {
            started = reply;
            look(taken.length >= wanted);
          },
          (error: unknown) => (isInExclusiveUse(error) ? resolve(null) : reject(error as Error)),
        );
    });
    if (consumer === null) return null;
    await this.#channel.cancel(consumer.consumerTag);
    return taken;
  }

  async #handOver(taken: readonly ConsumeMessage[]): Promise<HandedOver> {
    const { source } = this.#between;
    const unreadable = taken.findIndex(({ properties }) => !isReadWhole(properties.headers));
    const sent = unreadable === -1 ? taken : taken.slice(0, unreadable);
    const confirmed = await Promise.all(sent.map((job) => this.#publish(job)));
    const accepted = this.#isReturned ? [] : sent.filter((_, index) => confirmed[index]);
    if (accepted.length === taken.length) {
      const last = taken.at(-1);
      if (last !== undefined) this.#channel.ack(last, true);
      this.#inHand = [];
      return { accepted: taken.length, why: null, isLastTry: false };
    }
    const kept = new Set(accepted);
    const back = taken.filter((job) => !kept.has(job));
    for (const job of accepted) this.#channel.ack(job);
    for (const job of back) this.#channel.nack(job, false, true);
    // All are back when it answers.
    await this.#channel.checkQueue(source.name);
    this.#inHand = [];
    const isLastTry = this.#isLastTry(back);
    const isOdd = unreadable !== -1 && accepted.length === sent.length;
    return { accepted: accepted.length, why: isOdd ? UNREADABLE : this.#whyRefused(), isLastTry };
  }

  /** @returns whether the broker has confirmed it; a nack is none. */
  #publish(job: ConsumeMessage): Promise<boolean> {
    return new Promise((resolve) => {
      try {
        this.#toTarget.publish('', this.#between.target.name, job.content, carried(job), (error: unknown) =>
          resolve(error === null),
        );
      } catch (cause) {
        // The broker has closed the channel under it.
        this.#fault ??= cause instanceof Error ? cause : new Error(String(cause));
        resolve(false);
      }
    });
  }

  #whyRefused(): string {
    if (this.#isReturned) return 'the queue is not there any more';
    return this.#fault === null
      ? 'it takes no more (overflow: reject-publish)'
      : rabbitFault(this.#fault).why;
  }

  #refused(jobs: number, why: string, isLastTry = false): Moved {
    return { moved: this.#moved, refused: { jobs, why: `${this.#between.target.name}: ${why}`, isLastTry } };
  }
}

interface HandedOver {
  readonly accepted: number;
  /** Why the others are back; null where the target took all. */
  readonly why: string | null;
  readonly isLastTry: boolean;
}

const ANOTHERS = 'hands its jobs to one consumer, and that is another one';
const UNREADABLE =
  'a header of the next job holds a whole number beyond 2^53, which the client would change: take the job out by hand';

/** Why the target throws jobs away when it is full, instead of refusing them; null where it does not. */
function whyDropping({ setting }: QueueFacts): string | null {
  const isLimited =
    typeof setting('max-length') === 'number' || typeof setting('max-length-bytes') === 'number';
  const overflow = setting('overflow') ?? 'drop-head';
  if (!isLimited || overflow === 'reject-publish') return null;
  return `its length has a limit with overflow ${excerpt(JSON.stringify(overflow))}, which loses jobs: set reject-publish, or no limit`;
}
