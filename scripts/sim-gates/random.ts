/**
 * Random draws of the simulation.
 * Invariant: everything comes from one seeded PCG32, so a repetition can be replayed from its seed alone.
 */
import { createPcg32, type Pcg32 } from '../../src/domain/stats/index.ts';

export type Random = Pcg32;

export function randomOf(seed: string): Random {
  return createPcg32(seed);
}

/** A standard normal draw (Box-Muller). */
export function normal(random: Random): number {
  const u = (random.nextUint32() + 1) / 2 ** 32;
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random.nextFloat());
}

/** Binomial draw: by inversion when few are expected, else one coin each. */
export function binomial(random: Random, n: number, p: number): number {
  if (p <= 0 || n <= 0) return 0;
  if (n * p > 30) {
    let hits = 0;
    for (let i = 0; i < n; i += 1) if (random.nextFloat() < p) hits += 1;
    return hits;
  }
  // Gaps between successes are geometric.
  let hits = 0;
  const logQ = Math.log1p(-p);
  for (let i = Math.floor(Math.log(1 - random.nextFloat()) / logQ); i < n; hits += 1) {
    i += 1 + Math.floor(Math.log(1 - random.nextFloat()) / logQ);
  }
  return hits;
}

/** `n` lognormal latencies, ms. */
export function latencies(random: Random, n: number, medianMs: number, logSd: number): number[] {
  return Array.from({ length: n }, () => medianMs * Math.exp(logSd * normal(random)));
}
