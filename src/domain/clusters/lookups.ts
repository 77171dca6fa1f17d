/**
 * Which cache lookups count, and by which stratum.
 * A lookup is eligible when that color's cache node asked the origin for the key (a miss) less than the reference lifetime ago; the
 * reference lifetime is the lower median of those that `from` gave that route in the window. Only earlier instants count: misses of
 * one instant do not make each other eligible.
 */
import type { Columns } from './line-columns.ts';
import { STRATA } from './sums.ts';

/** By line. */
export interface Lookups {
  /** 1: its route has a reference lifetime. */
  readonly counts: Uint8Array;
  /** Stratum of an eligible lookup, else −1. */
  readonly stratum: Int8Array;
  readonly isHit: Uint8Array;
}

/** When a key was asked for, at the newest instant and before it, ms. */
interface Asked {
  atMs: number;
  missAtMs: number;
  beforeMs: number;
  missBeforeMs: number;
}

/** What a node was asked for by one color, in order of time. */
export class AskedKeys<Key> {
  readonly #keys = new Map<Key, Asked>();

  /** @returns stratum of the lookup; −1: not eligible */
  stratum(key: Key, atMs: number, isHit: boolean, lifetimeMs: number): number {
    let known = this.#keys.get(key);
    if (known === undefined) {
      known = { atMs: -Infinity, missAtMs: -Infinity, beforeMs: -Infinity, missBeforeMs: -Infinity };
      this.#keys.set(key, known);
    }
    if (atMs > known.atMs) {
      known.beforeMs = known.atMs;
      known.missBeforeMs = known.missAtMs;
      known.atMs = atMs;
    }
    if (!isHit) known.missAtMs = atMs;
    return atMs - known.missBeforeMs < lifetimeMs ? stratumOf(atMs - known.beforeMs) : -1;
  }
}

/** @returns null when `from` tells no lifetime */
export function lookupsOf(columns: Columns): Lookups | null {
  const { count, source, atMs, isTo, route } = columns;
  const lifetimeMs = lifetimes(columns);
  if (lifetimeMs.size === 0) return null;
  const counts = new Uint8Array(count);
  const stratum = new Int8Array(count).fill(-1);
  const isHit = new Uint8Array(count);
  const [from, to] = [new Map<string, AskedKeys<string>>(), new Map<string, AskedKeys<string>>()];
  for (let i = 0; i < count; i += 1) {
    const cache = source[i]?.cache ?? null;
    if (cache === null) continue;
    const reference = lifetimeMs.get(route.of[i] ?? -1);
    const nodes = isTo[i] === 1 ? to : from;
    let keys = nodes.get(cache.node);
    if (keys === undefined) nodes.set(cache.node, (keys = new AskedKeys()));
    stratum[i] = keys.stratum(cache.key, atMs[i] ?? 0, cache.hit, reference ?? 0);
    if (reference === undefined) continue;
    counts[i] = 1;
    isHit[i] = cache.hit ? 1 : 0;
  }
  return { counts, stratum, isHit };
}

/** ⌊log₂ of the seconds⌋, 0 to 15. */
function stratumOf(gapMs: number): number {
  const seconds = Math.min(2 ** STRATA - 1, Math.floor(gapMs / 1000));
  return seconds < 1 ? 0 : 31 - Math.clz32(seconds);
}

/** Reference lifetime by number of the route, ms. */
function lifetimes({ count, source, isTo, route }: Columns): Map<number, number> {
  const told = new Map<number, number[]>();
  for (let i = 0; i < count; i += 1) {
    const ttlS = source[i]?.cache?.ttlS ?? null;
    if (ttlS === null || isTo[i] === 1) continue;
    const name = route.of[i] ?? -1;
    const ofRoute = told.get(name);
    if (ofRoute === undefined) told.set(name, [ttlS]);
    else ofRoute.push(ttlS);
  }
  return new Map(
    Array.from(told, ([name, ttls]) => {
      const sorted = ttls.toSorted((a, b) => a - b);
      return [name, 1000 * (sorted[Math.ceil(sorted.length / 2) - 1] ?? 0)];
    }),
  );
}
