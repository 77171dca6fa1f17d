/**
 * Which cache lookups count, and by which stratum.
 * A lookup is eligible when that color's cache node asked the origin for the key (a miss) less than the reference lifetime ago; the
 * reference lifetime is the lower median of those that `from` gave that route in the window. Only earlier instants count: misses of
 * one instant do not make each other eligible.
 */
import type { Columns } from './line-columns.ts';

const STRATA = 16;

/** By line. */
export interface Lookups {
  /** 1: its route has a reference lifetime. */
  readonly counts: Uint8Array;
  /** Stratum of an eligible lookup, else −1. */
  readonly stratum: Int8Array;
  readonly isHit: Uint8Array;
}

/** What a node knows of a key. `beforeAt` and `beforeMissAt` leave the newest instant out. */
interface Known {
  askedAt: number;
  missedAt: number;
  beforeAt: number;
  beforeMissAt: number;
}

/** @returns null when `from` tells no lifetime */
export function lookupsOf(columns: Columns): Lookups | null {
  const { count, source, atMs, isTo, route } = columns;
  const lifetimeMs = lifetimes(columns);
  if (lifetimeMs.size === 0) return null;
  const counts = new Uint8Array(count);
  const stratum = new Int8Array(count).fill(-1);
  const isHit = new Uint8Array(count);
  const keys = [new Map<string, Known>(), new Map<string, Known>()];
  for (let i = 0; i < count; i += 1) {
    const cache = source[i]?.cache ?? null;
    if (cache === null) continue;
    const at = atMs[i] ?? 0;
    const reference = lifetimeMs.get(route.of[i] ?? -1);
    const known = asked(keys[isTo[i] ?? 0] ?? new Map(), `${cache.node}\0${cache.key}`, at, cache.hit);
    if (reference === undefined) continue;
    counts[i] = 1;
    isHit[i] = cache.hit ? 1 : 0;
    if (at - known.beforeMissAt < reference) stratum[i] = stratumOf(at - known.beforeAt);
  }
  return { counts, stratum, isHit };
}

/** ⌊log₂ of the seconds⌋, 0 to 15. */
function stratumOf(gapMs: number): number {
  const seconds = Math.min(2 ** STRATA - 1, Math.floor(gapMs / 1000));
  return seconds < 1 ? 0 : 31 - Math.clz32(seconds);
}

function asked(keys: Map<string, Known>, key: string, at: number, isHit: boolean): Known {
  let known = keys.get(key);
  if (known === undefined) {
    known = { askedAt: -Infinity, missedAt: -Infinity, beforeAt: -Infinity, beforeMissAt: -Infinity };
    keys.set(key, known);
  }
  if (at > known.askedAt) {
    known.beforeAt = known.askedAt;
    known.beforeMissAt = known.missedAt;
    known.askedAt = at;
  }
  if (!isHit) known.missedAt = at;
  return known;
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
