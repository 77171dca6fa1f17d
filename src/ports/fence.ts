/**
 * Writes to some tables, stopped where the tables are: beside a forward-only migration nobody may write as the old release does,
 * whichever way the write comes.
 */
import type { Closable, Doubt, WriteContext } from './context.ts';

export interface FenceState {
  /** Every write of the service to every table is refused. */
  readonly frozen: boolean;
  /** What began to write before the fence and has not ended, in words; empty: nothing. */
  readonly writing: readonly string[];
}

export interface FenceContext extends WriteContext {
  /**
   * Which turn of the fence it belongs to; later turns are higher, over all switches of a service. A freeze whose turn has been thawed
   * changes nothing, however late it comes; a thaw ends its own turn and all before it.
   */
  readonly turn: number;
}

export interface FencePort extends Closable {
  /** What is covered, for people, e.g. `orders, invoices`. */
  readonly covers: string;
  /** Asked in preflight, changing nothing. @throws ProviderError where nothing can be asked */
  check(signal?: AbortSignal): Promise<readonly Doubt[]>;
  /**
   * Refuses writes, and answers when nothing that began before can still write.
   * @throws ProviderError `retry` while something older writes; `reread` when its turn is over.
   */
  freeze(context: FenceContext): Promise<FenceState>;
  /** Gives back exactly what the freeze took, however often it is repeated; of a later turn's freeze nothing. */
  thaw(context: FenceContext): Promise<FenceState>;
  state(signal?: AbortSignal): Promise<FenceState>;
}
