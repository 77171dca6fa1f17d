/** The routers that obey the edge config, one for each region; what they run on is their own affair. */
import type { Color } from '../domain/color.ts';
import type { Topology } from '../domain/edge-config.ts';
import type { Closable } from './context.ts';

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
  /** Stream dialects of the user's own that this router knows, as `sameDialects` writes them; absent when it does not say. */
  readonly dialects?: string;
}

export interface RouterCapabilities {
  readonly topologies: readonly Topology[];
  /** A user stays on one color while the weight stands, and on `to` while it grows. */
  readonly isSticky: boolean;
  /** Longest time for a write to the store to reach every router. */
  readonly propagation: { readonly maxMs: number };
}

export interface RouterPort extends Closable {
  readonly capabilities: RouterCapabilities;
  /** Asks the router of every region what it serves. */
  observe(signal?: AbortSignal): Promise<readonly RegionObservation[]>;
}
