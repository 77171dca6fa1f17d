import { defineProvider, ProviderError } from 'cutover/provider';
import { loses, reached, used, world } from './world.js';

export function openStep(w) {
  return {
    async perform({ name, undoes }, { idempotencyKey, signal }) {
      used(w, 'step');
      await Promise.race([
        reached(w, 'step'),
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ]);
      if (undoes !== null) {
        if (w.steps.get(undoes) === 'done') w.changes.push('undo');
        w.steps.set(undoes, 'undone');
        return { detail: `${name} is undone` };
      }
      if (w.steps.get(idempotencyKey) === 'undone')
        throw new ProviderError('fatal', 'my-step', `${name} was undone, and this try comes late`);
      if (!w.steps.has(idempotencyKey)) w.changes.push('do');
      w.steps.set(idempotencyKey, 'done');
      if (loses(w)) throw new ProviderError('retry', 'my-step', 'the answer was lost');
      return { detail: `${name} is done` };
    },
  };
}

export const provider = defineProvider({ name: 'my-step', step: (ref) => openStep(world(ref.world)) });
