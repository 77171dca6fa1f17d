/**
 * Reads of the config store that are not older than what is known to have been stored.
 *
 * Invariant: a decision is never taken from a stale answer. An older generation, or none at all, is asked for again; only a store
 * that keeps to it for `BELIEVE_AFTER_MS` has really gone back (restored from a backup, deleted by somebody).
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { backoffMs } from '../../domain/backoff.ts';
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { FailureType } from '../../domain/failure-type.ts';
import type { ConfigStorePort } from '../../ports/index.ts';
import type { Targets } from '../../domain/targets.ts';
import { signal } from '../attempt.ts';

/** Tries within one attempt of an activity; the next ones are the retry policy's. */
export const TRIES = 6;
const PAUSE = { baseMs: 20, capMs: 500 };
const BELIEVE_AFTER_MS = 10_000;

/** Milliseconds that only go forward. */
type Clock = () => number;

interface Known {
  readonly generation: number;
  /** Since when the store has only given older answers, on a monotonic clock; null while it does not. */
  readonly olderSinceMs: number | null;
}

export class StoreReads {
  readonly #now: Clock;
  readonly #known = new Map<string, Known>();
  /** Largest generation that each service's store was seen to hold; it may have lost it. */
  readonly #newest = new Map<string, number>();

  constructor(now: Clock) {
    this.#now = now;
  }

  /** @throws ProviderError kind `retry` while the store answers older than `atLeast` or than this worker has seen. */
  async fresh(store: ConfigStorePort, targets: Targets, atLeast = 0): Promise<EdgeConfig | null> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = ofService(await store.read(signal()), targets);
      const generation = stored?.generation ?? 0;
      const newest = Math.max(this.#known.get(keyOf(targets))?.generation ?? 0, atLeast);
      if (generation >= newest || this.#keepsToIt(targets, newest)) {
        this.note(targets, generation);
        return stored;
      }
      if (attempt === TRIES) {
        const answer = stored === null ? 'no config' : `generation ${generation}`;
        throw new ProviderError(
          'retry',
          'config store',
          `it answers with ${answer}, where ${newest} was stored before: a stale read, asked again`,
        );
      }
      await pause(attempt);
    }
  }

  /** Remembers what the store is known to hold. */
  note(targets: Targets, generation: number): void {
    this.#known.set(keyOf(targets), { generation, olderSinceMs: null });
    this.#newest.set(keyOf(targets), this.newest(targets, generation));
  }

  /** Largest generation that was ever stored, as far as is known here or to the caller: no number up to it is given again. */
  newest(targets: Targets, known = 0): number {
    return Math.max(this.#newest.get(keyOf(targets)) ?? 0, known);
  }

  /** Whether a store that held this generation keeps to an older one. */
  async wentBack(store: ConfigStorePort, targets: Targets, generation: number): Promise<boolean> {
    const stored = ofService(await store.read(signal()), targets)?.generation ?? 0;
    if (stored < generation) return this.#keepsToIt(targets, generation);
    this.note(targets, stored);
    return false;
  }

  #keepsToIt(targets: Targets, newest: number): boolean {
    const now = this.#now();
    const sinceMs = this.#known.get(keyOf(targets))?.olderSinceMs ?? now;
    this.#known.set(keyOf(targets), { generation: newest, olderSinceMs: sinceMs });
    return now - sinceMs >= BELIEVE_AFTER_MS;
  }
}

/** @throws ApplicationFailure when the store holds the config of another service: nobody may write over that. */
export function ofService(stored: EdgeConfig | null, { service }: Targets): EdgeConfig | null {
  if (stored === null || stored.service === service) return stored;
  throw ApplicationFailure.create({
    type: 'NeedsHuman' satisfies FailureType,
    message: `the config store answers with the config of "${stored.service}", not of "${service}": correct providers.edge in the plan`,
  });
}

/** Before try `attempt + 1`. */
export function pause(attempt: number): Promise<void> {
  return Context.current().sleep(backoffMs(attempt, PAUSE));
}

function keyOf({ service, providers }: Targets): string {
  return JSON.stringify([service, providers.edge.store]);
}
