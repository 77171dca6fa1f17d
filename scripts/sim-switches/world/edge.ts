/**
 * The config store and the regions behind it: compare-and-set on the generation, each region later by its own lag, and whatever a
 * store can do wrong around that.
 */
import { firstConfig, type EdgeConfig } from '../../../src/domain/edge-config.ts';
import type { ConfigStorePort, RouterPort } from '../../../src/ports/index.ts';
import type { RegionView } from './ledger.ts';
import type { Service } from './service.ts';

interface Stored {
  atMs: number;
  readonly config: EdgeConfig;
}

export class EdgeStore {
  readonly history: Stored[] = [];
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
    this.history.push({ atMs: service.nowMs, config });
    service.ledger.note(service.nowMs, { kind: 'wrote', config, runId, step });
    service.moved(config, runId);
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
    return this.history.findLast((one) => one.atMs <= asOfMs)?.config ?? null;
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
      capabilities: { fencing: 'strong', reads: 'linearizable' },
      read: () =>
        service.call(runId, 'edge.read', () => {
          reach();
          const stale = faults.spend('stale-read', service.nowMs);
          return stale === null ? this.stored : (this.history.at(-1 - stale.back)?.config ?? null);
        }),
      compareAndSet: (next, context) =>
        service.call(runId, 'edge.compareAndSet', () => {
          context.signal?.throwIfAborted();
          reach();
          if (faults.spend('throttled', service.nowMs) !== null) {
            throw service.failure('retry', '429 Too Many Requests', 500);
          }
          const { stored } = this;
          const isAgain =
            stored?.generation === next.generation && stored.writer === next.writer && runId !== null;
          if (!isAgain) {
            const generation = stored?.generation ?? 0;
            const { follows = next.generation - 1 } = context;
            if (generation !== follows)
              throw service.failure('reread', `generation ${generation} stands, not ${follows}`);
            const lease =
              context.freezeForMs === undefined
                ? {}
                : { freezeUntilMs: Math.ceil(service.nowMs + context.freezeForMs) };
            const step = context.idempotencyKey.slice(context.idempotencyKey.indexOf('/') + 1);
            this.put({ ...next, ...lease }, runId, step);
          }
          if (faults.spend('lost-reply', service.nowMs) !== null)
            throw service.failure('retry', 'connection reset after the write');
          return this.stored ?? next;
        }),
      clock: () => service.call(runId, 'edge.clock', () => service.nowMs),
    };
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
