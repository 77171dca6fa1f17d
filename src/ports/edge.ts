/** An edge in one piece: what a provider offers whose store, router and weight are made together. */
import type { Closable } from './context.ts';
import type { RouterPort } from './router.ts';
import type { ConfigStorePort } from './store.ts';
import type { TrafficPort } from './traffic.ts';

export interface Edge extends Closable {
  readonly store: ConfigStorePort;
  readonly router: RouterPort;
  /** Absent: the router obeys the weight that the edge config holds. */
  readonly traffic?: TrafficPort;
}
