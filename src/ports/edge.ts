/** The edge: one small document, its store, and the routers that obey it. */
import type { Color } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { Closable, WriteContext } from './context.ts';

export interface EdgeWriteContext extends WriteContext {
  /**
   * Sets the freeze lease: the store makes `freezeUntilMs` its own clock plus this, ms, whatever the document says. A repeated
   * write keeps the lease of the first. Nobody else's clock dates a lease.
   */
  readonly freezeForMs?: number;
}

/** What one region's router serves now, as the router itself reports it. */
export interface RegionObservation {
  readonly region: string;
  /** Null when the region could not be asked. */
  readonly generation: number | null;
  readonly weightPercent: number | null;
  readonly error: string | null;
  /** Writer of the config it serves; absent when the router does not say. */
  readonly writer?: string;
  /** Where this router sends users while no config was ever written; absent when it does not say. */
  readonly defaultColor?: Color;
  /** The router's clock when it answered, epoch ms; absent when it does not say. */
  readonly nowMs?: number;
}

export interface EdgeCapabilities {
  /** Smallest step of the weight, percent. */
  readonly granularityPercent: number;
  readonly maxPercent: number;
  readonly canLower: boolean;
  readonly sticky: 'hash' | 'session' | 'none';
  /** Only these weights can be set; null means any. */
  readonly stages: readonly number[] | null;
  /** `strong`: the store compares and sets. `weak`: last write wins, guarded by read-back and re-assertion. */
  readonly fencing: 'strong' | 'weak';
  /**
   * `linearizable`: a read returns the newest acknowledged write, whoever wrote it. `eventual`: it may return an older one, and a
   * switch is refused: what it decides from an old answer would be wrong.
   */
  readonly reads: 'linearizable' | 'eventual';
  readonly propagation: { readonly maxMs: number };
  readonly topologies: readonly ('weight' | 'header')[];
}

/** Traffic weight, write modes, producer color and freeze lease live in one document, so that a flip is one write. */
export interface EdgePort extends Closable {
  readonly capabilities: EdgeCapabilities;
  /**
   * The stored config, or null if none was ever written. Linearizable: asked of the store that compares and sets, never of a replica
   * or a cache; an unreachable store is an error, never null.
   */
  read(signal?: AbortSignal): Promise<EdgeConfig | null>;
  /**
   * Stores `next` if the stored generation is `next.generation - 1`, then reads it back through whatever the routers read. Repeated
   * with its key while its write stands, it stores nothing and reads back again.
   * @throws ProviderError kind `reread` when another writer was first.
   */
  compareAndSet(next: EdgeConfig, context: EdgeWriteContext): Promise<EdgeConfig>;
  /** The store's own clock, epoch ms: by it a freeze lease is judged, and preflight compares it with the worker's. */
  clock(signal?: AbortSignal): Promise<number>;
  /**
   * Tries everything that a write and its read-back will need (credentials, addresses, names) and changes nothing; absent where
   * `read` and `observe` have tried it all.
   * @throws ProviderError or UserError that names the variable or option to mend.
   */
  check?(signal?: AbortSignal): Promise<void>;
  /** Asks the router of every region what it serves. */
  observe(signal?: AbortSignal): Promise<readonly RegionObservation[]>;
}
