/**
 * The config store and the regions behind it: compare-and-set on the generation, each region later by its own lag, and whatever a
 * store can do wrong around that. A region never goes back to an older generation, whatever the store does.
 */
import { firstConfig, type EdgeConfig } from '../../../src/domain/edge-config.ts';
import type {
  ConfigStorePort,
  RouterPort,
  StoreCapabilities,
  StoreWriteContext,
} from '../../../src/ports/index.ts';
import type { EdgeKind } from '../scenario.ts';
import type { RegionView } from './ledger.ts';
import type { Service } from './service.ts';

interface Stored {
  atMs: number;
  readonly config: EdgeConfig;
  /** `back`: nobody wrote it now, the store went back to it. `unanswered`: its writer was not told. */
  how: 'acknowledged' | 'unanswered' | 'back';
}

const CAPABILITIES: Readonly<Record<EdgeKind, StoreCapabilities>> = {
  router: { fencing: 'strong', reads: 'linearizable' },
  native: { fencing: 'strong', reads: 'linearizable' },
  lossy: { fencing: 'weak', reads: 'linearizable' },
  'last-write': { fencing: 'weak', reads: 'linearizable' },
};

export class EdgeStore {
  /** What stood, one after the other. */
  readonly history: Stored[] = [];
  /** What was written and is not lost. */
  #line: EdgeConfig[] = [];
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  get stored(): EdgeConfig | null {
    return this.history.at(-1)?.config ?? null;
  }

  shift(byMs: number): void {
    for (const one of this.history) one.atMs -= byMs;
  }

  put(config: EdgeConfig, runId: string | null, step: string): void {
    const service = this.#service;
    this.history.push({ atMs: service.nowMs, config, how: 'unanswered' });
    this.#line.push(config);
    service.ledger.note(service.nowMs, { kind: 'wrote', config, runId, step });
    service.moved(config, runId);
  }

  /** Another server takes over, which lacks the newest writes. */
  failsOver(back: number): void {
    const service = this.#service;
    this.#line = this.#line.slice(0, Math.max(1, this.#line.length - back));
    const config = this.#line.at(-1);
    if (config === undefined || config === this.stored) return;
    this.history.push({ atMs: service.nowMs, config, how: 'back' });
    service.ledger.note(service.nowMs, { kind: 'failed-over', config });
  }

  isAway(region: number, atMs: number): boolean {
    return this.#service.faults.at('region-away', atMs, (one) => one.region === region) !== null;
  }

  /** What a region's router acts on: while it is away, what it knew when it went. */
  seenBy(region: number, atMs: number): EdgeConfig | null {
    const { faults, scenario } = this.#service;
    const away = faults
      .spans('region-away')
      .find((one) => one.fault.region === region && atMs >= one.sinceMs && atMs < one.untilMs);
    const asOfMs = (away?.sinceMs ?? atMs) - (scenario.lagMs[region] ?? 0);
    let served: EdgeConfig | null = null;
    for (const { atMs: sinceMs, config } of this.history)
      if (sinceMs <= asOfMs && config.generation >= (served?.generation ?? 0)) served = config;
    return served;
  }

  views(atMs: number): RegionView[] {
    return this.#service.regions.map((region, index) => ({
      region,
      isAway: this.isAway(index, atMs),
      config: this.seenBy(index, atMs),
    }));
  }

  /** Somebody else's write, legal as the store goes. */
  strangerWrites(weightPercent: number): void {
    const { name, from, to } = this.#service;
    const now = this.stored ?? { ...firstConfig({ service: name, from, to }), salt: 'by hand' };
    const next = { ...now, generation: now.generation + 1, weightPercent, writer: 'stranger/by hand' };
    this.put(next, null, 'by hand');
  }

  port(runId: string): ConfigStorePort {
    const service = this.#service;
    const { faults } = service;
    const reach = (): void => {
      if (faults.at('store-away', service.nowMs) !== null)
        throw service.failure('retry', 'the store is away');
    };
    return {
      capabilities: CAPABILITIES[service.scenario.edge],
      read: () =>
        service.call(runId, 'edge.read', () => {
          reach();
          const stale = faults.spend('stale-read', service.nowMs);
          return stale === null ? this.stored : (this.history.at(-1 - stale.back)?.config ?? null);
        }),
      compareAndSet: async (next, context) => {
        const compare = (): boolean => {
          context.signal?.throwIfAborted();
          reach();
          if (faults.spend('throttled', service.nowMs) !== null) {
            throw service.failure('retry', '429 Too Many Requests', 500);
          }
          return this.#isAgain(next, context);
        };
        const set = (isAgain: boolean): EdgeConfig => {
          if (!isAgain) this.#set(next, context, runId);
          if (faults.spend('lost-reply', service.nowMs) !== null)
            throw service.failure('retry', 'connection reset after the write');
          return this.#answered(next);
        };
        if (service.scenario.edge !== 'last-write')
          return service.call(runId, 'edge.compareAndSet', () => set(compare()));
        // Between the two anybody may write.
        const isAgain = await service.call(runId, 'edge.compare', compare);
        await service.call(runId, 'edge.compareAndSet', () => set(isAgain));
        return service.call(runId, 'edge.readBack', () => {
          const { stored } = this;
          if (stored?.writer === next.writer && stored.generation === next.generation) return stored;
          throw service.failure('reread', `${stored?.writer ?? 'nobody'} wrote last`);
        });
      },
      clock: () => service.call(runId, 'edge.clock', () => service.nowMs),
    };
  }

  /** @throws what tells a writer that somebody else was first */
  #isAgain(next: EdgeConfig, { follows = next.generation - 1 }: StoreWriteContext): boolean {
    const { stored } = this;
    if (stored?.generation === next.generation && stored.writer === next.writer) return true;
    const generation = stored?.generation ?? 0;
    if (generation === follows) return false;
    throw this.#service.failure('reread', `generation ${generation} stands, not ${follows}`);
  }

  #set(next: EdgeConfig, { freezeForMs, idempotencyKey }: StoreWriteContext, runId: string): void {
    const service = this.#service;
    const lease = freezeForMs === undefined ? {} : { freezeUntilMs: Math.ceil(service.nowMs + freezeForMs) };
    const step = idempotencyKey.slice(idempotencyKey.indexOf('/') + 1);
    // Where the last write wins, one of a run that has ended is as anybody's.
    const isLate = service.scenario.edge === 'last-write' && runId !== service.runId;
    this.put({ ...next, ...lease }, isLate ? null : runId, step);
  }

  #answered(next: EdgeConfig): EdgeConfig {
    const last = this.history.at(-1);
    if (last !== undefined && last.config.writer === next.writer) last.how = 'acknowledged';
    return last?.config ?? next;
  }

  router(runId: string): RouterPort {
    const service = this.#service;
    const { faults } = service;
    return {
      capabilities: {
        topologies: ['weight', 'header'],
        isSticky: true,
        propagation: { maxMs: Math.max(...service.scenario.lagMs, 200) },
      },
      observe: () =>
        service.call(runId, 'edge.observe', () =>
          this.views(service.nowMs).map(({ region, isAway, config }, index) => {
            if (isAway) return { region, generation: null, weightPercent: null, error: 'no answer' };
            const lies = faults.at('region-lies', service.nowMs, (one) => one.region === index) !== null;
            return lies
              ? { region, generation: 999, weightPercent: 0, error: null, nowMs: service.nowMs }
              : {
                  region,
                  generation: config?.generation ?? 0,
                  weightPercent: config?.weightPercent ?? 0,
                  error: null,
                  writer: config?.writer ?? '',
                  nowMs: service.nowMs,
                };
          }),
        ),
    };
  }
}
