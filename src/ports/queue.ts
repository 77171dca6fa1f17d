/** The job queues of both colors, and the way of a job from one to the other. */
import type { Color } from '../domain/color.ts';
import type { Closable, Doubt, WriteContext } from './context.ts';

export interface QueueDepth {
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestAgeMs: number | null;
}

export interface QueueCapabilities {
  /** Counts may lag this long behind the truth; drained must hold longer than this. */
  readonly consistencyLagMs: number;
  /** `move` also takes jobs that are not due yet, with what is left of their delay: no drain needs to wait for them. Left out: it does not. */
  readonly movesDelayed?: boolean;
}

export interface RetryPolicy {
  /** A job that was delivered so often and never done is dead-lettered; null: never. */
  readonly maxDeliveries: number | null;
  /** A consumer that has not acknowledged a job within this loses it to the next one. */
  readonly ackTimeoutMs: number;
}

/** What one call of `move` did. */
export interface Moved {
  /** Jobs that are at the target and gone from the source. */
  readonly moved: number;
  /** Set when the target refused jobs; they are back in the source. Calling again costs each of them one receive. */
  readonly refused?: {
    readonly jobs: number;
    /** Names the target and its reason. */
    readonly why: string;
    /** One more receive could send a job to the dead-letter queue: only a person may try again. */
    readonly isLastTry: boolean;
  };
}

export interface QueuePort extends Closable {
  readonly capabilities: QueueCapabilities;
  /** Name of each color's topic, for reports and for the comparison with the health contract. */
  topic(color: Color): string;
  /**
   * Counts without touching a job: ready to be taken, held by a consumer, not due yet, dead-lettered, and the age of the oldest one
   * that waits (0 of an empty queue, null where the broker does not tell; a future or negative age is never told).
   */
  depth(color: Color, signal?: AbortSignal): Promise<QueueDepth>;
  /** Retry policy of a color's queue, as the broker reports it; preflight compares the two. */
  retryPolicy(color: Color, signal?: AbortSignal): Promise<RetryPolicy>;
  /** What preflight warns of in these two queues. Left out: nothing is known to be wrong. */
  check?(signal?: AbortSignal): Promise<readonly Doubt[]>;
  /**
   * The backfill guard: moves what is visible in `from`'s queue to `to`'s with the same idempotency key, up to `maxMessages`.
   * Rules:
   * - Nothing leaves the source before it is at the target. A broker's own deduplication must let the same job pass again on its
   *   next hop (there, back and there again within minutes), and absorb a repeat within one hop where it can; elsewhere the
   *   consumers' done-ledger does.
   * - Order is kept where the queue keeps one. Jobs that a consumer holds and dead letters are left alone. So are delayed jobs, unless
   *   `movesDelayed`: then they wait for the rest of their delay at the target.
   * - A target that refuses costs no job: few are taken before it has accepted one, what it refuses goes back at once, and a move
   *   never uses up the receives that a job has before the dead-letter queue.
   * - One call ends within ten seconds or so: the caller calls again until nothing is moved.
   */
  move(from: Color, to: Color, context: WriteContext & { maxMessages: number }): Promise<Moved>;
}
