import { defineProvider } from 'cutover/provider';
import { used, world } from './world.js';

export const entryOf = (w, color, key) => `${color}:${w.epoch[color]}:${key}`;

export function openCache(w, isCacheable = () => true) {
  return {
    async purge(color, { idempotencyKey }) {
      used(w, 'cache');
      if (!w.purges.has(idempotencyKey)) {
        w.epoch[color] += 1;
        w.purges.set(idempotencyKey, { namespace: `docs:${color}:${w.epoch[color]}` });
      }
      return w.purges.get(idempotencyKey);
    },
    async verifyPurged(color, keys) {
      const cached = keys.filter((key) => w.cached.has(entryOf(w, color, key)));
      return { checked: keys.length, stillCached: cached.length };
    },
    async prime(color, keys) {
      const able = keys.filter(isCacheable);
      for (const key of able) w.cached.add(entryOf(w, color, key));
      return { primed: able.length, failed: keys.length - able.length };
    },
  };
}

export const provider = defineProvider({ name: 'my-cache', cache: (ref) => openCache(world(ref.world)) });
