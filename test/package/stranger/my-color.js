import { defineProvider } from 'cutover/provider';
import { used, world } from './world.js';

export function openColor(w, regions) {
  return {
    async health(color) {
      used(w, 'color');
      return regions.map((region) => ({
        service: 'docs',
        color,
        release: color === 'blue' ? 'r1' : 'r2',
        region,
        ok: !w.retired.has(color),
        index: {
          name: `docs-${color}`,
          INDEX_HASH: 'h1',
          metric: 'cosine',
          analyzer: 'std',
          embedModel: 'm1',
          reranker: 'none',
        },
        env: { MODEL: 'abc' },
        secrets: { edge: ['k1', 'k2'], core: ['k1', 'k2'] },
        cachePrefix: `docs:${color}`,
        tools: null,
        memoryPrefix: null,
        queue: { topic: `jobs-${color}`, maxDeliveries: 5, ackTimeoutMs: 30_000 },
        schedules: [],
        migration: { mode: 'compatible', tables: [] },
        writeGuard: true,
        configGeneration: w.config?.generation ?? 0,
        capacity: { ready: 2, max: 10 },
        counters: { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0, lateWrites: 0 },
      }));
    },
    async retire(color) {
      const again = w.retired.has(color);
      w.retired.add(color);
      return { detail: again ? `${color} was gone already` : `${color} is scaled to 0` };
    },
  };
}

export const provider = defineProvider({
  name: 'my-color',
  color: (ref, { entry }) =>
    openColor(
      world(ref.world),
      entry.map(({ region }) => region),
    ),
});
