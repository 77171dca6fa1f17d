/** Where the edge config lives: one small document, compared and set on its generation. */
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { Closable, WriteContext } from './context.ts';

export interface StoreWriteContext extends WriteContext {
  /**
   * Sets the freeze lease: the store makes `freezeUntilMs` its own clock plus this, ms, whatever the document says. A repeated
   * write keeps the lease of the first. Nobody else's clock dates a lease.
   */
  readonly freezeForMs?: number;
  /**
   * Generation that this write takes the place of; 0 where nothing stands. Left out: the one before its own. It is an older one where the
   * store has lost numbers that routers may still serve: they are left out.
   */
  readonly follows?: number;
}

export interface StoreCapabilities {
  /** `strong`: the store compares and sets. `weak`: last write wins, guarded by read-back and re-assertion; preflight says so. */
  readonly fencing: 'strong' | 'weak';
  /** Of a weak one that does compare and set: how an acknowledged write is lost all the same, and the fix, for preflight to say. */
  readonly weakness?: { readonly how: string; readonly fix: string };
  /**
   * `linearizable`: a read returns the newest acknowledged write, whoever wrote it. `eventual`: it may return an older one, and a
   * switch is refused: what it decides from an old answer would be wrong.
   */
  readonly reads: 'linearizable' | 'eventual';
}

/** Desired weight, write modes, producer color and freeze lease live in one document, so that a flip is one write. */
export interface ConfigStorePort extends Closable {
  readonly capabilities: StoreCapabilities;
  /**
   * The stored config, or null if none was ever written. Linearizable: asked of the store that compares and sets, never of a replica
   * or a cache; an unreachable store is an error, never null.
   */
  read(signal?: AbortSignal): Promise<EdgeConfig | null>;
  /**
   * Stores `next` if the stored generation is `context.follows` (left out: `next.generation - 1`), then reads it back through whatever
   * the routers read. Repeated with its key while its write stands, it stores nothing and reads back again.
   * @throws ProviderError kind `reread` when another writer was first.
   */
  compareAndSet(next: EdgeConfig, context: StoreWriteContext): Promise<EdgeConfig>;
  /** The store's own clock, epoch ms: by it a freeze lease is judged, and preflight compares it with the worker's. */
  clock(signal?: AbortSignal): Promise<number>;
  /**
   * Tries everything that a write and its read-back will need (credentials, addresses, names) and changes nothing; absent where
   * `read` has tried it all.
   * @throws ProviderError or UserError that names the variable or option to mend.
   */
  check?(signal?: AbortSignal): Promise<void>;
}
