import { setTimeout as sleep } from 'node:timers/promises';
import { defineProvider, UserError } from 'cutover/provider';
import { used, world } from './world.js';

const OPTIONS = ['metric', 'max', 'timeoutMs'];

export function openGate(w) {
  return {
    async judge({ name, options, from, to }, { signal }) {
      used(w, 'gate');
      const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
      if (unknown !== undefined) throw new UserError(`gate ${name}: no option "${unknown}"`);
      const { metric, max, timeoutMs = 1000 } = options;
      const answer = (verdict, reason, more = {}) => ({
        name,
        verdict,
        reason,
        from: null,
        to: null,
        n: null,
        ...more,
      });
      try {
        const measured = await within(timeoutMs, signal, (inner) => w.metrics[metric](inner));
        if (measured === null) return answer('inconclusive', 'nothing measured yet');
        const values = { from: measured[from], to: measured[to] };
        if (!Number.isFinite(values.to)) return answer('error', `${metric} says no number`);
        return answer(
          values.to <= max ? 'pass' : 'fail',
          `${metric} is ${values.to}, at most ${max}`,
          values,
        );
      } catch (cause) {
        signal?.throwIfAborted();
        return answer('error', `${metric}: ${cause.message}`);
      }
    },
  };
}

/** Ends with the work, the caller's cancellation or the time, whichever comes first, and leaves no timer. */
async function within(ms, signal, work) {
  const control = new AbortController();
  const inner = AbortSignal.any([control.signal, ...(signal === undefined ? [] : [signal])]);
  const late = sleep(ms, null, { signal: inner }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work(inner), late]);
  } finally {
    control.abort();
    late.catch(() => undefined);
  }
}

export const provider = defineProvider({
  name: 'my-gate',
  gate: (ref) => {
    const w = world(ref.world);
    w.metrics.cost ??= async () => ({ blue: 1, green: 0.9 });
    return openGate(w);
  },
});
