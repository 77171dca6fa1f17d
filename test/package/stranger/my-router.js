import { defineProvider } from 'cutover/provider';
import { used, world } from './world.js';

export function openRouter(w, regions) {
  return {
    capabilities: { topologies: ['weight'], isSticky: true, propagation: { maxMs: 1000 } },
    async observe(signal) {
      signal?.throwIfAborted();
      used(w, 'router');
      return regions.map((region) => ({
        region,
        generation: w.config?.generation ?? 0,
        weightPercent: w.config?.weightPercent ?? 0,
        error: null,
        ...(w.config === null ? {} : { writer: w.config.writer }),
      }));
    },
  };
}

export const provider = defineProvider({
  name: 'my-router',
  router: (ref, { entry }) =>
    openRouter(
      world(ref.world),
      entry.map(({ region }) => region),
    ),
});
