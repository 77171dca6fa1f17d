/**
 * A config store whose every answer a test decides, under an honest one: what is not scripted behaves as a store should.
 * An attempt is run as the server would run it: again after a failure that may be retried, with what the one before had kept.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Activities } from '../../../src/activities/api.ts';
import type { Targets } from '../../../src/domain/targets.ts';
import { mapped } from '../../../src/activities/attempt.ts';
import { edgeActivities } from '../../../src/activities/edge.ts';
import type { EdgeActivities } from '../../../src/activities/edge-api.ts';
import type { World } from '../../../src/activities/world.ts';
import { nextEdgeConfig, type EdgeConfig, type EdgeConfigPatch } from '../../../src/domain/edge-config.ts';
import { ProviderError } from '../../../src/domain/errors.ts';
import type {
  ConfigStorePort,
  RegionObservation,
  RouterPort,
  StoreWriteContext,
  TrafficPort,
} from '../../../src/ports/index.ts';
import { firstConfig } from '../../../src/conformance/store.ts';

export const RUN = 'run-2';
export const STARTED_MS = 2_000_000;
/** The store's clock stands here unless a test moves it. */
export const STORE_MS = 1_800_000_000_000;

export const TARGETS: Targets = {
  switchId: RUN,
  startedMs: STARTED_MS,
  service: 'docs',
  from: 'blue',
  to: 'green',
  entry: [],
  colorUrls: { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' },
  providers: { edge: { store: { use: 'scripted' } } } as unknown as Targets['providers'],
};

export const REFUSED = (kind: 'retry' | 'fatal', text: string, retryAfterMs?: number): ProviderError =>
  new ProviderError(kind, 'scripted', text, retryAfterMs === undefined ? {} : { retryAfterMs });

/** One scripted answer to a read. */
export type ReadAnswer = (store: ScriptedStore) => EdgeConfig | null;
/** What happens at a write: `apply` is the honest store. */
export type WriteAnswer = (apply: () => EdgeConfig, store: ScriptedStore) => EdgeConfig;

export class ScriptedStore {
  readonly history: EdgeConfig[] = [];
  /** Answers to the next reads and writes; the last one of each repeats when `forever` holds its name. */
  reads: ReadAnswer[] = [];
  writes: WriteAnswer[] = [];
  forever: ReadonlySet<'reads' | 'writes'> = new Set();
  regions: (stored: EdgeConfig | null) => readonly RegionObservation[] = (stored) => [report('eu', stored)];
  afterRead: () => void = () => undefined;
  nowMs = STORE_MS;
  propagationMs = 1000;
  readonly asked = { read: 0, write: 0, repeated: 0 };

  /** The generation that must stand under a write. */
  follows = (next: EdgeConfig, { follows = next.generation - 1 }: StoreWriteContext): number => follows;

  /** At generation 4, written by this switch. */
  constructor(...history: readonly EdgeConfig[]) {
    this.history.push(...(history.length === 0 ? fourWrites() : history));
  }

  get stored(): EdgeConfig | null {
    return this.history.at(-1) ?? null;
  }

  /** A write past the port. */
  put(patch: EdgeConfigPatch, writer: string): EdgeConfig {
    const next = nextEdgeConfig(this.stored ?? firstConfig('docs', { generation: 0 }), patch, writer);
    this.history.push(next);
    return next;
  }

  /** Moves users in place of the router, where a test gives one. */
  traffic: TrafficPort | null = null;

  get router(): RouterPort {
    return {
      capabilities: { topologies: ['weight'], isSticky: true, propagation: { maxMs: this.propagationMs } },
      observe: async () => this.regions(this.stored),
    };
  }

  get port(): ConfigStorePort {
    return {
      capabilities: { fencing: 'strong', reads: 'linearizable' },
      read: async () => {
        this.asked.read += 1;
        const answer = this.#next('reads');
        const read = answer === undefined ? this.stored : answer(this);
        this.afterRead();
        return read;
      },
      compareAndSet: async (next, context) => {
        const answer = this.#next('writes');
        const apply = (): EdgeConfig => this.#apply(next, context);
        return answer === undefined ? apply() : answer(apply, this);
      },
      clock: async () => this.nowMs,
    };
  }

  #apply(next: EdgeConfig, context: StoreWriteContext): EdgeConfig {
    const { stored } = this;
    const { freezeForMs } = context;
    if (stored !== null && stored.generation === next.generation && stored.writer === next.writer) {
      this.asked.repeated += 1;
      return stored;
    }
    this.asked.write += 1;
    if ((stored?.generation ?? 0) !== this.follows(next, context)) {
      throw new ProviderError('reread', 'scripted', `generation ${stored?.generation ?? 0} stands`);
    }
    const kept = freezeForMs === undefined ? next : { ...next, freezeUntilMs: this.nowMs + freezeForMs };
    this.history.push(kept);
    return kept;
  }

  #next<K extends 'reads' | 'writes'>(what: K): this[K][number] | undefined {
    const list: readonly unknown[] = this[what];
    return (this.forever.has(what) ? list[0] : (this[what] as unknown[]).shift()) as
      | this[K][number]
      | undefined;
  }
}

function fourWrites(): EdgeConfig[] {
  const history = [firstConfig('docs', { writer: `${RUN}/one`, switchStartedMs: STARTED_MS })];
  for (const weightPercent of [1, 5, 10]) {
    const last = history.at(-1) as EdgeConfig;
    history.push(nextEdgeConfig(last, { weightPercent }, `${RUN}/ramp-${weightPercent}`));
  }
  return history;
}

export function report(
  region: string,
  stored: EdgeConfig | null,
  change: Partial<RegionObservation> = {},
): RegionObservation {
  const { generation = 0, weightPercent = 0, writer } = stored ?? {};
  const known = writer === undefined ? {} : { writer };
  return { region, generation, weightPercent, error: null, ...known, ...change };
}

/** How the last attempt ended. */
export interface Ended<T> {
  readonly result: T | null;
  /** Type of the failure and whether the server may try again. */
  readonly failure: {
    readonly type: string;
    readonly message: string;
    readonly retryInMs: number | null;
  } | null;
  readonly attempts: number;
}

export interface Attempting {
  /** The wall clock of the worker. */
  readonly workerMs?: number;
  readonly maxAttempts?: number;
  readonly health?: 'well' | 'down';
  readonly client?: Client;
  readonly heartbeatTimeoutMs?: number;
  readonly signalBefore?: (env: MockActivityEnvironment) => void;
}

const nothing = (): void => undefined;
const SILENT = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

const FINAL = new Set(['EdgeConflict', 'LeaseExpired', 'Fatal', 'NeedsHuman', 'Overtaken', 'Zombie']);

/** The client of a worker whose server answers a heartbeat so. */
export function clientThat(answers: () => void): Client {
  const now = (_: unknown, ask: () => Promise<void>): Promise<void> => ask();
  const heartbeat = async (): Promise<void> => answers();
  return { withDeadline: now, withAbortSignal: now, activity: { heartbeat } } as unknown as Client;
}

/** One worker over a store; its activities remember what they saw. */
export function workerOver(store: ScriptedStore, options: Attempting = {}) {
  const { maxAttempts = 3, health = 'well' } = options;
  const world = {
    now: () => options.workerMs ?? Date.now(),
    realTime: true,
    port: async (name: string) =>
      ({
        color: { health: async () => [{ ok: health === 'well', capacity: { max: 1 } }] },
        store: store.port,
        router: store.router,
        traffic: store.traffic,
      })[name],
  } as unknown as World;
  const activities = mapped(edgeActivities(world) as Activities) as EdgeActivities;
  return async function run<K extends keyof EdgeActivities>(
    name: K,
    input: Omit<Parameters<EdgeActivities[K]>[0], 'targets'>,
  ): Promise<Ended<Awaited<ReturnType<EdgeActivities[K]>>>> {
    let heartbeatDetails: unknown;
    for (let attempt = 1; ; attempt += 1) {
      const { client, heartbeatTimeoutMs } = options;
      const env = new MockActivityEnvironment(
        {
          attempt,
          currentAttemptScheduledTimestampMs: Date.now(),
          heartbeatDetails,
          heartbeatTimeoutMs: heartbeatTimeoutMs ?? 5000,
        },
        { logger: SILENT, ...(client === undefined ? {} : { client }) },
      );
      env.on('heartbeat', (details: unknown) => (heartbeatDetails = details));
      options.signalBefore?.(env);
      try {
        const perform = activities[name] as (given: object) => Promise<unknown>;
        const result = await env.run(perform, { targets: TARGETS, ...input });
        return { result: result as never, failure: null, attempts: attempt };
      } catch (cause) {
        if (!(cause instanceof ApplicationFailure)) throw cause;
        const { type, message, nextRetryDelay, nonRetryable } = cause;
        const final = nonRetryable === true || FINAL.has(String(type));
        if (final || attempt === maxAttempts) {
          const retryInMs =
            nextRetryDelay === undefined || nextRetryDelay === null ? null : Number(nextRetryDelay);
          return { result: null, failure: { type: String(type), message, retryInMs }, attempts: attempt };
        }
      }
    }
  };
}
