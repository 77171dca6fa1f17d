/** Draws of the simulation, all from one seeded PCG32: a world is its seed. */
import { createPcg32 } from '../../src/domain/stats/index.ts';

export interface Dice {
  /** Whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  chance(p: number): boolean;
  pick<const T>(of: readonly T[]): T;
  /** Each with probability `p`, in order. */
  some<T>(of: readonly T[], p: number): T[];
}

export function diceOf(seed: string): Dice {
  const random = createPcg32(seed);
  const int = (low: number, high: number): number => low + random.nextInt(high - low + 1);
  return {
    int,
    chance: (p) => random.nextFloat() < p,
    pick: <T>(of: readonly T[]): T => {
      const picked = of[int(0, of.length - 1)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
    some: (of, p) => of.filter(() => random.nextFloat() < p),
  };
}
