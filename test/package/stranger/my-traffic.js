import { defineProvider, ProviderError } from 'cutover/provider';
import { loses, reached, used, world } from './world.js';

const NAME = 'my-traffic';

export function openTraffic(w) {
  return {
    capabilities: {
      granularityPercent: 1,
      maxPercent: 100,
      canLower: true,
      stages: null,
      isSticky: true,
      isVolatile: false,
      propagation: { maxMs: 200 },
    },
    async apply({ weightPercent, generation }, { idempotencyKey, signal }) {
      signal?.throwIfAborted();
      used(w, 'traffic');
      await reached(w, 'apply');
      if ((w.weight.generation ?? 0) > generation)
        throw new ProviderError('reread', NAME, `generation ${w.weight.generation} set the weight`);
      w.weight = { weightPercent, generation, writer: idempotencyKey };
      if (loses(w)) throw new ProviderError('retry', NAME, 'the connection broke');
      return w.weight;
    },
    async readBack(signal) {
      signal?.throwIfAborted();
      return w.weight;
    },
  };
}

export const provider = defineProvider({ name: NAME, traffic: (ref) => openTraffic(world(ref.world)) });
