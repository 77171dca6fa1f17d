/** A vendor's own weight, which can hold nothing but a share of the traffic: an alias, a canary, a record, a load balancer. */
import type { Color } from '../domain/color.ts';
import type { TrafficCapabilities } from '../domain/traffic.ts';
import type { Closable, WriteContext } from './context.ts';

export interface TrafficChange {
  readonly from: Color;
  readonly to: Color;
  /** Share on `to`, percent. */
  readonly weightPercent: number;
  /** Generation of the edge config that asks for it. A vendor that can keep it refuses an older one. */
  readonly generation: number;
}

/** What stands at the vendor, as the vendor itself says. */
export interface TrafficReading {
  /** Share on the plan's `to`, percent. */
  readonly weightPercent: number;
  /**
   * Who set it: the idempotency key of that write. Null: nobody since the vendor started anew, so it forgot what was set (volatile).
   * Absent: the vendor cannot tell.
   */
  readonly writer?: string | null;
  /** Generation of that write; absent where the vendor cannot keep it. */
  readonly generation?: number;
}

export interface TrafficPort extends Closable {
  readonly capabilities: TrafficCapabilities;
  /**
   * Sets the weight and reads it back. Repeated with its key and generation while its write stands, it changes nothing. What is read back may lag
   * by `capabilities.propagation.maxMs`: the caller reads again.
   * @throws ProviderError kind `reread` where the vendor holds a newer generation.
   */
  apply(change: TrafficChange, context: WriteContext): Promise<TrafficReading>;
  readBack(signal?: AbortSignal): Promise<TrafficReading>;
  /** As a store's: tries everything that a write will need, and changes nothing. */
  check?(signal?: AbortSignal): Promise<void>;
}
