import { defineProvider, ProviderError } from 'cutover/provider';
import { used, world } from './world.js';

/** Tables whose rights are a set of words; turns make what comes late lose. */
export function openFence(w) {
  const state = () => ({
    frozen: w.fence.frozen,
    writing: w.fence.frozen && w.fence.older ? ['an older transaction'] : [],
  });
  return {
    covers: 'orders',
    async check() {
      if (!w.fence.frozen) return [];
      return [{ severity: 'blocking', what: 'orders is fenced already', fix: 'let that switch end' }];
    },
    async freeze({ turn }) {
      used(w, 'fence');
      const { fence } = w;
      if (turn < fence.turn || (turn === fence.turn && !fence.frozen))
        throw new ProviderError('reread', 'my-fence', 'its turn is over');
      Object.assign(fence, { turn, frozen: true });
      if (fence.older) throw new ProviderError('retry', 'my-fence', 'an older transaction goes on');
      return state();
    },
    async thaw({ turn }) {
      if (turn >= w.fence.turn) Object.assign(w.fence, { turn, frozen: false });
      return state();
    },
    async state() {
      return state();
    },
  };
}

export const provider = defineProvider({ name: 'my-fence', fence: (ref) => openFence(world(ref.world)) });
