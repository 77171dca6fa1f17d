/**
 * Calls to a server, each in its time and over a connection of its own.
 *
 * Invariant: nothing that was asked is sent after its caller has given up, and nothing is sent twice: a client that reconnects, or that
 * queues while it is offline, would do both. A name that leads to another primary since is looked up anew, and no idle connection
 * can break. Calls are a few a minute.
 */
import { ProviderError, type ProviderErrorKind } from '../domain/errors.ts';

export interface Fault {
  readonly kind: ProviderErrorKind;
  readonly why: string;
}

export interface CallsOptions {
  readonly provider: string;
  /** The address without credentials, named in messages. */
  readonly where: string;
  /** Longest time of a call, ms, with its connection. */
  readonly timeoutMs: number;
  /** What a failure means that is not a `ProviderError` already. */
  readonly faultOf: (error: Error) => Fault;
}

/** @param end the signal at which everything that the call has opened must go; it fires at the end of every call */
export type Work<T> = (end: AbortSignal, leftMs: () => number) => Promise<T>;

export class CallsInTime {
  readonly #options: CallsOptions;
  readonly #underWay = new Set<AbortController>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** @throws ProviderError; the signal's reason when cancelled. */
  async run<T>(signal: AbortSignal | undefined, work: Work<T>): Promise<T> {
    const { provider, where, timeoutMs, faultOf } = this.#options;
    signal?.throwIfAborted();
    const over = new AbortController();
    this.#underWay.add(over);
    const untilMs = performance.now() + timeoutMs;
    const late = AbortSignal.timeout(timeoutMs);
    const end = AbortSignal.any([over.signal, late, ...(signal === undefined ? [] : [signal])]);
    try {
      const ended = new Promise<never>((_, reject) => {
        end.addEventListener('abort', () =>
          reject(new Error('it was closed under way', { cause: end.reason })),
        );
      });
      const leftMs = (): number => Math.max(1, Math.floor(untilMs - performance.now()));
      return await Promise.race([work(end, leftMs), ended]);
    } catch (cause) {
      signal?.throwIfAborted();
      // What came too late was taken or not, and is the same write when it is repeated.
      if (late.aborted)
        throw new ProviderError('retry', provider, `${where}: no answer within ${timeoutMs} ms`);
      if (cause instanceof ProviderError) throw cause;
      const { kind, why } = faultOf(cause instanceof Error ? cause : new Error(String(cause)));
      throw new ProviderError(kind, provider, `${where}: ${why}`, { cause });
    } finally {
      over.abort();
      this.#underWay.delete(over);
    }
  }

  /** Ends what is under way. */
  close(): void {
    for (const over of this.#underWay) over.abort();
  }
}
