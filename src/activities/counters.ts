/** Counters of the health contracts, summed over regions: what changed within a window is the difference of two readings. */
import { COLORS, type Color } from '../domain/color.ts';
import type { HealthContract } from '../domain/health.ts';
import type { CounterWindow } from '../domain/look-input.ts';

export type CounterBase = readonly CounterWindow[];

const FIELDS = ['jobsDone', 'jobsDeduped', 'egressCalls', 'egressFailures', 'lateWrites'] as const;

/** @param health contracts of each color; one that did not answer is absent, so that its gates have no data */
export function countersOf(health: Readonly<Record<Color, readonly HealthContract[] | string>>): CounterBase {
  return COLORS.flatMap((color): CounterWindow[] => {
    const contracts = health[color];
    if (typeof contracts === 'string') return [];
    const sums = FIELDS.map((field) => [field, contracts.reduce((sum, one) => sum + one.counters[field], 0)]);
    return [{ color, ...Object.fromEntries(sums) } as CounterWindow];
  });
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
