/**
 * Ports: what the activities need from the world. A vendor implements one or more of them in a folder of
 * its own and passes the port's suite in `test/conformance`.
 *
 * Invariants every provider keeps: a write has a read-back twin and returns what was read, not what was sent;
 * a write repeated with the same idempotency key changes nothing; errors leave as `ProviderError`, mapped once;
 * secrets come from the worker's environment, never from the plan.
 */
import type { Color } from '../domain/color.ts';
import type { EdgeConfig } from '../domain/edge-config.ts';
import type { CustomResult, ErrorCatalogue, TrafficWindow } from '../domain/look-input.ts';
import type { HealthContract } from '../domain/health.ts';
import type { Notification } from '../domain/notification.ts';
import type { ProviderRef } from '../domain/plan.ts';

export interface WriteContext {
  /** Stable over retries of one step: `<first run id>/<step>`, never the attempt number. */
  readonly idempotencyKey: string;
  readonly signal?: AbortSignal;
}

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
  readonly propagation: { readonly typicalMs: number; readonly maxMs: number };
  readonly topologies: readonly ('weight' | 'header')[];
}

/** Traffic weight, write modes, producer color and freeze lease live in one document, so that a flip is one write. */
export interface EdgePort {
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
  readonly canPauseConsumers: boolean;
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

export interface QueuePort {
  readonly capabilities: QueueCapabilities;
  /** Name of each color's topic, for reports and for the comparison with the health contract. */
  topic(color: Color): string;
  /**
   * Counts without touching a job: ready to be taken, held by a consumer, not due yet, dead-lettered, and the age of the oldest one
   * that waits (0 of an empty queue, null where the broker does not tell; a future or negative age is never told).
   */
  depth(color: Color, signal?: AbortSignal): Promise<QueueDepth>;
  /** Retry policy of a color's queue, as the broker reports it; preflight compares the two. */
  retryPolicy(
    color: Color,
    signal?: AbortSignal,
  ): Promise<{ maxReceives: number | null; visibilityTimeoutS: number }>;
  /**
   * The backfill guard: moves what is visible in `from`'s queue to `to`'s with the same idempotency key, up to `maxMessages`.
   * Rules:
   * - Nothing leaves the source before it is at the target. A broker's own deduplication must let the same job pass again on its
   *   next hop (there, back and there again within minutes), and absorb a repeat within one hop where it can; elsewhere the
   *   consumers' done-ledger does.
   * - Order is kept where the queue keeps one. Jobs that a consumer holds, delayed jobs and dead letters are left alone.
   * - A target that refuses costs no job: few are taken before it has accepted one, what it refuses goes back at once, and a move
   *   never uses up the receives that a job has before the dead-letter queue.
   * - One call ends within ten seconds or so: the caller calls again until nothing is moved.
   */
  move(from: Color, to: Color, context: WriteContext & { maxMessages: number }): Promise<Moved>;
}

/** One popular cacheable request: path and query, as users sent it. */
export interface PopularKey {
  readonly key: string;
  readonly hits: number;
}

export interface CachePort {
  /** Empties the user-facing namespace of one color; an acknowledgement is not completion, see `verifyPurged`. */
  purge(color: Color, context: WriteContext): Promise<{ namespace: string }>;
  /** Looks the keys up in the color's namespace through every region; all must miss. */
  verifyPurged(
    color: Color,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ checked: number; stillCached: number }>;
  /** Replays the keys to one color until each is a hit on its second read, in the namespace that the last purge named. */
  prime(
    color: Color,
    keys: readonly string[],
    context: WriteContext,
  ): Promise<{ primed: number; failed: number }>;
}

export interface WarmupPort {
  /** Asks for warm capacity and/or sends pings tagged `x-warm`; returns what the pings saw. */
  warm(
    color: Color,
    pings: number,
    context: WriteContext,
  ): Promise<{
    sent: number;
    cold: number;
    /** Pings without a whole answer of `color`; a failed ping warms nothing and is not a cold start. */
    failed: number;
    /** What went wrong with the first that failed: address and status, never a secret. Null when none did. */
    failure: string | null;
    p95WarmMs: number | null;
  }>;
  /** One harmless try in preflight: why pings of `color` would fail, or null. Absent: nothing can be tried. */
  check?(color: Color, signal?: AbortSignal): Promise<string | null>;
  release(color: Color, context: WriteContext): Promise<void>;
}

/** A color's stack: its health contract in every region, and its end. */
export interface ColorPort {
  health(color: Color, signal?: AbortSignal): Promise<readonly HealthContract[]>;
  /** Scales a color down for good; idempotent. */
  retire(color: Color, context: WriteContext): Promise<{ detail: string }>;
}

export interface TelemetryQuery {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Empty means all. */
  readonly regions: readonly string[];
}

export interface SampleQuery extends TelemetryQuery {
  /** Only requests that ended in this class; absent means any, failed or not. */
  readonly errorClass?: string;
}

export interface TelemetryPort {
  window(query: TelemetryQuery, signal?: AbortSignal): Promise<TrafficWindow>;
  /** Error classes of one color before the switch. */
  catalogue(color: Color, query: TelemetryQuery, signal?: AbortSignal): Promise<ErrorCatalogue>;
  /** Most looked-up cache keys of one color, user traffic only. */
  popularKeys(
    color: Color,
    limit: number,
    query: TelemetryQuery,
    signal?: AbortSignal,
  ): Promise<readonly PopularKey[]>;
  /** Sampled replayable user requests (reads and, fenced, writes): for the shadow stage, and to try an error again. */
  sample(
    color: Color,
    limit: number,
    query: SampleQuery,
    signal?: AbortSignal,
  ): Promise<readonly { method: string; key: string; route: string }[]>;
  /** User requests of every hour (epoch ms of its start) in the query's time range; finds the peak hour. */
  hourly(
    query: TelemetryQuery,
    signal?: AbortSignal,
  ): Promise<readonly { hourMs: number; requests: number }[]>;
  /** Lets go of what it keeps of the lines. */
  close?(): Promise<void>;
}

export interface NotifyPort {
  send(notification: Notification, context: WriteContext): Promise<void>;
}

/** Content-addressed store of probe responses, gate inputs and reports. */
export interface EvidencePort {
  /** @returns the sha256 digest, hex, of the canonical JSON of `value`. */
  put(value: unknown): Promise<string>;
  /** @throws EvidenceGoneError when nothing is stored under the digest. */
  get(digest: string): Promise<unknown>;
  /** Writes a named file of the switch (report, evidence pack), over an older one; returns where a person finds it. */
  publish(switchId: string, name: string, content: string): Promise<string>;
  /** What `publish` wrote. @throws EvidenceGoneError when there is none. */
  published(switchId: string, name: string): Promise<string>;
  /** Lets go of connections; nothing is asked of the port afterwards. */
  close?(): Promise<void>;
}

export interface CustomGatePort {
  judge(
    input: {
      name: string;
      options: Readonly<Record<string, unknown>>;
      switchId: string;
      step: string;
      from: Color;
      to: Color;
      windowFromMs: number;
      windowToMs: number;
    },
    context: WriteContext,
  ): Promise<CustomResult>;
}

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

/** Makes ports from a plan's provider references. A factory validates its options and throws `UserError`. */
export interface Provider {
  readonly name: string;
  readonly edge?: (ref: ProviderRef, scope: ProviderScope) => EdgePort;
  readonly queue?: (ref: ProviderRef, scope: ProviderScope) => QueuePort;
  readonly cache?: (ref: ProviderRef, scope: ProviderScope, edge: EdgePort) => CachePort;
  readonly warmup?: (ref: ProviderRef, scope: ProviderScope) => WarmupPort;
  readonly color?: (ref: ProviderRef, scope: ProviderScope) => ColorPort;
  readonly telemetry?: (ref: ProviderRef, scope: ProviderScope) => TelemetryPort;
  readonly notify?: (ref: ProviderRef, scope: ProviderScope) => NotifyPort;
  readonly evidence?: (ref: ProviderRef, scope: ProviderScope) => EvidencePort;
  readonly gate?: (scope: ProviderScope) => CustomGatePort;
}

export function defineProvider(provider: Provider): Provider {
  return provider;
}
