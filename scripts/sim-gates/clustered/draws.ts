/**
 * Random draws by the million.
 * Invariant: everything comes from one seeded generator (xoshiro128**, seeded by PCG32), so a hold can be drawn again from its seed.
 */
import { createPcg32 } from '../../../src/domain/stats/index.ts';

export interface Draws {
  /** In [0, 1). */
  uniform(): number;
  normal(): number;
  /** Mean 1. */
  exponential(): number;
  poisson(mean: number): number;
  /** In [0, bound). */
  below(bound: number): number;
}

/** Above it a Poisson count is drawn as a rounded normal. */
const LARGE_MEAN = 400;

export function drawsOf(seed: string): Draws {
  const seeds = createPcg32(seed);
  let [a, b, c, d] = [seeds.nextUint32(), seeds.nextUint32(), seeds.nextUint32(), seeds.nextUint32() | 1];
  let spare = NaN;

  /** Source: Blackman & Vigna (2018), xoshiro128**. */
  function uniform(): number {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result / 0x1_0000_0000;
  }

  /** Marsaglia's polar method. */
  function normal(): number {
    if (spare === spare) {
      const value = spare;
      spare = NaN;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const r = x * x + y * y;
      if (r >= 1 || r === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(r)) / r);
      spare = y * scale;
      return x * scale;
    }
  }

  function poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > LARGE_MEAN) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    let [count, left] = [0, mean];
    for (;;) {
      left -= exponential();
      if (left < 0) return count;
      count += 1;
    }
  }

  const exponential = (): number => -Math.log(1 - uniform());
  return { uniform, normal, exponential, poisson, below: (bound) => Math.floor(uniform() * bound) };
}
