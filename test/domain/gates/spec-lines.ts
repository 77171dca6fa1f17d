/** Users' requests of a hold from a few numbers: spread evenly over time and over users, without noise, so that tests say what they mean. */
import type { CountedLine } from '../../../src/domain/clusters/index.ts';
import type { TrafficSlice } from '../../../src/domain/look-input.ts';
import { START_MS } from '../../../scripts/sim-gates/input.ts';

export interface Spec extends TrafficSlice {
  /** Latencies of warm successes, ms; what is left of the requests was cold. */
  readonly warmMs: readonly number[];
  readonly warmUsableMs: readonly number[];
  readonly cache: { readonly lookups: number; readonly hits: number };
  readonly users: number;
}

/** Lifetime of an answer in the cache, s: longer than any hold here. */
const TTL_S = 86_400;
const KEYS = 20;

export function linesOf(specs: readonly Spec[], windowMs: number): CountedLine[] {
  return specs.flatMap((spec) => lines(spec, windowMs));
}

function lines(spec: Spec, windowMs: number): CountedLine[] {
  const { color, region, route, users } = spec;
  const outcomes = outcomesOf(spec);
  const n = outcomes.length;
  const stride = coprime(n);
  const lookup = lookups(spec);
  const slots: CountedLine[] = Array.from({ length: n });
  for (const [k, outcome] of outcomes.entries()) {
    // Neighbours in the list lie far apart in time.
    const slot = (k * stride) % n;
    slots[slot] = {
      atMs: START_MS + Math.floor(((slot + 0.5) / n) * windowMs),
      color,
      region,
      route,
      user: `${color}-${region}-${(Math.imul(slot + 1, 0x9e37_79b1) >>> 0) % users}`,
      instance: null,
      cold: false,
      ok: true,
      error: null,
      tfinalMs: 0,
      tusableMs: null,
      cache: null,
      ...outcome,
    };
  }
  return slots.map((line) => ({ ...line, cache: lookup() }));
}

function outcomesOf({ requests, errors, warmMs, warmUsableMs }: Spec): Partial<CountedLine>[] {
  const failed = Object.entries(errors).flatMap(([error, count]) =>
    Array.from({ length: count }, () => ({ ok: false, error })),
  );
  const answered = warmMs.slice(0, Math.max(0, requests - failed.length));
  const warm = answered.map((tfinalMs, i) => ({ tfinalMs, tusableMs: warmUsableMs[i] ?? null }));
  const cold = Array.from({ length: Math.max(0, requests - failed.length - warm.length) }, () => ({
    cold: true,
    tfinalMs: 900,
  }));
  return [...failed, ...warm, ...cold];
}

/** The first lookup of a key is a miss that begins its lifetime; of those after it so many hit as the spec says. */
function lookups({ cache: { lookups: wanted, hits } }: Spec): () => CountedLine['cache'] {
  let asked = 0;
  return () => {
    if (wanted === 0 || asked >= wanted + KEYS) return null;
    const again = asked - KEYS;
    const hit = again >= 0 && Math.floor(((again + 1) * hits) / wanted) > Math.floor((again * hits) / wanted);
    const key = `/${asked % KEYS}`;
    asked += 1;
    return { node: 'n1', key, hit, ttlS: hit ? null : TTL_S };
  };
}

/** About 0.618 of n, and without a common divisor. */
function coprime(n: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.round(n * 0.618));
  while (divisor(n, stride) !== 1) stride += 1;
  return stride;
}
