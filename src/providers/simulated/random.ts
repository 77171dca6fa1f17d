/**
 * Seeded randomness for simulations.
 * Invariant: the same seed text gives the same numbers on every machine, so that a rehearsal can be repeated and a
 * retried activity sees the very traffic its first attempt saw.
 */
import { murmur3 } from '../../domain/murmur3.ts';

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
}

/** mulberry32 (public domain, T. Ettinger): 32 bits of state, plenty for traffic that only has to look alive. */
export function randomOf(...seed: readonly (string | number)[]): Random {
  let state = murmur3(seed.join('/'));
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    chance: (p) => next() < p,
    // Box-Muller; 1 - next() is never 0, whose logarithm would be infinite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}
