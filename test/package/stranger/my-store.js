import { defineProvider, ProviderError } from 'cutover/provider';
import { loses, reached, used, world } from './world.js';

const NAME = 'my-store';

export function openStore(w) {
  return {
    capabilities: { fencing: 'strong', reads: 'linearizable' },
    async read(signal) {
      signal?.throwIfAborted();
      used(w, 'store');
      return w.config;
    },
    async compareAndSet(next, { idempotencyKey, freezeForMs, follows = next.generation - 1, signal }) {
      signal?.throwIfAborted();
      await reached(w, 'put');
      const isMine = w.config?.writer === next.writer && w.config.generation === next.generation;
      if (!(isMine && w.keys.has(idempotencyKey))) {
        const stands = w.config?.generation ?? 0;
        if (stands !== follows)
          throw new ProviderError('reread', NAME, `generation ${stands} stands, not ${follows}`);
        w.config = freezeForMs === undefined ? next : { ...next, freezeUntilMs: Date.now() + freezeForMs };
        w.keys.add(idempotencyKey);
        if (loses(w)) throw new ProviderError('retry', NAME, 'the connection broke');
      }
      await reached(w, 'read-back');
      if (w.config.writer !== next.writer || w.config.generation !== next.generation)
        throw new ProviderError('reread', NAME, `${w.config.writer} was last`);
      return w.config;
    },
    async clock(signal) {
      signal?.throwIfAborted();
      return Date.now();
    },
  };
}

export const provider = defineProvider({ name: NAME, store: (ref) => openStore(world(ref.world)) });
