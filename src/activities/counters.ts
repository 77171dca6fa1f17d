/** Counters of the health contracts, summed over regions: what changed within a window is the difference of two readings. */
import { COLORS, type Color } from '../domain/color.ts';
import type { CounterWindow } from '../domain/look-input.ts';
import type { Targets } from './api.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';

export type CounterBase = readonly CounterWindow[];

const FIELDS = ['jobsDone', 'jobsDeduped', 'egressCalls', 'egressFailures', 'lateWrites'] as const;

/** A color that does not answer is absent, so that its gates have no data. */
export async function counters(world: World, targets: Targets): Promise<CounterBase> {
  const port = await world.color(targets);
  const read = async (color: Color): Promise<CounterWindow[]> => {
    try {
      const contracts = await port.health(color, signal());
      const sums = FIELDS.map((field) => [
        field,
        contracts.reduce((sum, one) => sum + one.counters[field], 0),
      ]);
      return [{ color, ...Object.fromEntries(sums) } as CounterWindow];
    } catch {
      signal().throwIfAborted();
      return [];
    }
  };
  return (await Promise.all(COLORS.map(read))).flat();
}

/** `now` less `base`; a service that restarted counts from zero again, which must not look like negative work. */
export function since(now: CounterBase, base: CounterBase): CounterWindow[] {
  return now.map((window) => {
    const start = base.find((one) => one.color === window.color);
    const differences = FIELDS.map((field) => {
      const before = start?.[field] ?? 0;
      return [field, window[field] >= before ? window[field] - before : window[field]];
    });
    return { color: window.color, ...Object.fromEntries(differences) } as CounterWindow;
  });
}
