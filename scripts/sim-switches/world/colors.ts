/** The two stacks: their releases, their health contracts and their end. */
import type { Color } from '../../../src/domain/color.ts';
import type { HealthContract } from '../../../src/domain/health.ts';
import type { ColorPort } from '../../../src/ports/index.ts';
import type { Service } from './service.ts';

const INDEX = { INDEX_HASH: 'h', metric: 'cosine', analyzer: 'en', embedModel: 'm', reranker: 'none' };

export const IDENTITY = INDEX;

export class Colors {
  readonly retired = new Set<Color>();
  readonly warm = new Set<Color>();
  readonly releases: Record<Color, number> = { blue: 1, green: 1 };
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  /** A good release runs on `color` again. */
  deploy(color: Color): void {
    this.retired.delete(color);
    this.releases[color] += 1;
  }

  release(color: Color): void {
    this.releases[color] += 1;
  }

  releaseOf(color: Color): string {
    return `${color}-${this.releases[color]}`;
  }

  isDown(color: Color): boolean {
    const { faults, nowMs, from } = this.#service;
    const side = color === from ? 'from' : 'to';
    return (
      this.retired.has(color) ||
      faults.at('sick', nowMs, (one) => one.side === side && one.how === 'down') !== null
    );
  }

  port(runId: string): ColorPort {
    const service = this.#service;
    return {
      health: (color) =>
        service.call(runId, 'color.health', () => {
          const side = color === service.from ? 'from' : 'to';
          if (service.faults.at('health-away', service.nowMs, (one) => one.side === side) !== null)
            throw service.failure('retry', `${color} does not answer`);
          return service.regions.map((region, index) => this.#contract(color, region, index));
        }),
      retire: (color) =>
        service.call(runId, 'color.retire', () => {
          if (service.faults.spend('retire-fails', service.nowMs) !== null)
            throw service.failure('human', 'permission denied');
          service.ledger.note(service.nowMs, {
            kind: 'retired',
            color,
            runId,
            stored: service.edge.stored,
            onTo: service.usersOn(service.to),
            jobs: service.queues.standing(color),
            regions: service.edge.views(service.nowMs),
          });
          this.retired.add(color);
          return { detail: `${color} scaled to 0` };
        }),
    };
  }

  #contract(color: Color, region: string, index: number): HealthContract {
    const { name, edge, queues, nowMs, current } = this.#service;
    const down = this.isDown(color);
    const done = queues.done[color];
    return {
      service: name,
      color,
      release: this.releaseOf(color),
      region,
      ok: !down,
      index: { name: `${name}-${color}`, ...INDEX },
      env: { MODEL: 'same' },
      secrets: { edge: ['k1', 'k2'], core: ['k1', 'k2'] },
      cachePrefix: `${name}:${color}`,
      tools: null,
      memoryPrefix: null,
      queue:
        current.plan.queue === null
          ? null
          : { topic: `jobs.${color}`, maxDeliveries: 5, ackTimeoutMs: 30_000 },
      schedules: [],
      migration: { mode: 'compatible', tables: [] },
      writeGuard: true,
      configGeneration: edge.seenBy(index, nowMs)?.generation ?? 0,
      capacity: { ready: down ? 0 : 4, max: down ? 0 : 40 },
      counters: { jobsDone: done, jobsDeduped: 0, egressCalls: done, egressFailures: 0, lateWrites: 0 },
    };
  }
}
