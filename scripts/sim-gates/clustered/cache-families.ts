/** Caches of identical colors, and caches that lose entries. Ten lookups a second, 500 keys by zipf, four nodes. */
import type { CacheTraffic, Family, Volume } from './family.ts';

const LOOKUPS = 36_000;
const shares = (...list: number[]): Volume[] =>
  list.map((share) => ({ from: Math.round(LOOKUPS * (1 - share)), to: Math.round(LOOKUPS * share) }));
const cache = (what: string, ttlS: number, more: Omit<CacheTraffic, 'ttlS'> = {}): Family => ({
  gate: 'cache',
  name: `${what}, TTL ${ttlS} s`,
  volumes: more.fault === undefined ? shares(0.05, 0.1, 0.25, 0.5) : shares(0.05, 0.1, 0.5),
  cache: { ttlS, ...more },
  ...(more.fault === undefined ? {} : { fault: { to: 0 } }),
});
const TTLS = [60, 300, 3600] as const;

export const CACHES: readonly Family[] = TTLS.flatMap((ttlS) => [
  cache('identical', ttlS),
  cache('shared LRU of 300', ttlS, { lru: 300, sharedLru: true }),
  cache('own LRU of 150', ttlS, { lru: 150 }),
  cache('own flush each 15 min', ttlS, { flushS: 900 }),
]);

export const CACHES_FAULTY: readonly Family[] = TTLS.flatMap((ttlS) => [
  cache('half the nodes store nothing', ttlS, { fault: { deadNodes: 2 } }),
  cache('one of 4 nodes stores nothing', ttlS, { fault: { deadNodes: 1 } }),
  cache('keys split in 4', ttlS, { fault: { split: 4 } }),
  cache('entries end at a third of the TTL', ttlS, { fault: { ttlFactor: 1 / 3 } }),
  cache('30% of answers not stored', ttlS, { fault: { notStored: 0.3 } }),
]);
