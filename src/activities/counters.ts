/** Counters of the health contracts, summed over regions: what changed within a window is the difference of two readings. */
import { COLORS, type Color } from '../domain/color.ts';
import type { HealthContract, HealthCounters } from '../domain/health.ts';
import type { CounterWindow } from '../domain/look-input.ts';

export type CounterBase = readonly CounterWindow[];

const FIELDS = [
  'jobsDone',
  'jobsDeduped',
  'egressCalls',
  'egressFailures',
  'lateWrites',
] as const satisfies readonly (keyof HealthCounters)[];

/** @returns of each color that answered and counts in all its regions; of another one there is no data */
export function countersOf(health: Readonly<Record<Color, readonly HealthContract[] | string>>): CounterBase {
  return COLORS.flatMap((color): CounterWindow[] => {
    const contracts = health[color];
    if (typeof contracts === 'string') return [];
    const counted = contracts.flatMap(({ counters }) => counters ?? []);
    if (counted.length < contracts.length) return [];
    const sums = FIELDS.map((field) => [field, counted.reduce((sum, one) => sum + one[field], 0)]);
    return [{ color, ...Object.fromEntries(sums) } as CounterWindow];
  });
}

/** Whether a color answered and does not count: not even its next answer will tell. */
export function isUncounted(contracts: readonly HealthContract[] | string): boolean {
  return typeof contracts !== 'string' && contracts.some(({ counters }) => counters === undefined);
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
