import { defineProvider } from 'cutover/provider';
import { used, world } from './world.js';

export function openWarmup(w) {
  return {
    async warm(color, pings) {
      used(w, 'warmup');
      const cold = Math.max(0, pings - w.warm[color]);
      w.warm[color] = Math.max(pings, w.warm[color]);
      return { sent: pings, cold, failed: 0, failure: null };
    },
    async release(color) {
      w.warm[color] = 0;
    },
  };
}

export const provider = defineProvider({ name: 'my-warmup', warmup: (ref) => openWarmup(world(ref.world)) });
