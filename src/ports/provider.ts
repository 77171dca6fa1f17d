/**
 * Ports: what the activities need from the world. A vendor implements one or more of them in a folder of
 * its own and passes the port's suite in `src/conformance`.
 *
 * Invariants every provider keeps: a write has a read-back twin and returns what was read, not what was sent;
 * a write repeated with the same idempotency key changes nothing; errors leave as `ProviderError`, mapped once;
 * secrets come from the worker's environment, never from the plan.
 */
import type { Color } from '../domain/color.ts';
import type { ProviderRef } from '../domain/plan.ts';
import type { CachePort } from './cache.ts';
import type { ColorPort } from './color.ts';
import type { Edge } from './edge.ts';
import type { EvidencePort } from './evidence.ts';
import type { FencePort } from './fence.ts';
import type { CustomGatePort } from './gate.ts';
import type { NotifyPort } from './notify.ts';
import type { QueuePort } from './queue.ts';
import type { RouterPort } from './router.ts';
import type { StepPort } from './step.ts';
import type { ConfigStorePort } from './store.ts';
import type { TelemetryPort } from './telemetry.ts';
import type { TrafficPort } from './traffic.ts';
import type { WarmupPort } from './warmup.ts';

/** Every port by its name: a new port is a file of its own, a line here and one in `STANDS_ON`. */
export interface Ports {
  /** The next three in one, for a provider that makes them together. */
  edge: Edge;
  store: ConfigStorePort;
  router: RouterPort;
  traffic: TrafficPort;
  queue: QueuePort;
  cache: CachePort;
  fence: FencePort;
  warmup: WarmupPort;
  color: ColorPort;
  telemetry: TelemetryPort;
  notify: NotifyPort;
  evidence: EvidencePort;
  gate: CustomGatePort;
  step: StepPort;
}

export type PortName = keyof Ports;

/** The ports that must be open for another one to be opened. */
export const STANDS_ON = {
  edge: [],
  store: [],
  router: [],
  traffic: [],
  queue: [],
  cache: ['store'],
  fence: [],
  warmup: [],
  color: [],
  telemetry: [],
  notify: [],
  evidence: [],
  gate: [],
  step: [],
} as const satisfies Readonly<Record<PortName, readonly PortName[]>>;

export const PORT_NAMES = Object.keys(STANDS_ON) as readonly PortName[];

/** What a port is made with besides its options: the open ports that it stands on. */
export type Needs<P extends PortName> = Readonly<Pick<Ports, (typeof STANDS_ON)[P][number]>>;

/** What a provider may know of the plan it is made for. */
export interface ProviderScope {
  readonly service: string;
  readonly from: Color;
  readonly to: Color;
  readonly entry: readonly { readonly region: string; readonly url: string }[];
  readonly colorUrls: Readonly<Record<Color, string>>;
  /** Environment of the worker; the only source of secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Makes one port. Validates its options and throws `UserError`. */
export type Factory<P extends PortName> = (
  ref: ProviderRef,
  scope: ProviderScope,
  needs: Needs<P>,
) => Ports[P];
