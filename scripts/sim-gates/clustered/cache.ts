/**
 * Holds of a cache: keys asked for by zipf, entries that expire, are evicted or flushed, and faults that lose them.
 * Invariant: the rule sees eligible lookups only, as an engine finds them by window functions over color, node and key.
 */
import {
  STRATA,
  AskedKeys,
  cacheWeights,
  emptyCells,
  judgeCache,
  sumEvents,
  sumTrials,
  timeUnits,
  type CacheArm,
  type Cells,
  type Grid,
} from '../../../src/domain/clusters/index.ts';
import { mean } from '../../../src/domain/stats/index.ts';
import { isHighByMinute, valuesByMinute } from '../rivals.ts';
import { drawsOf, type Draws } from './draws.ts';
import { type CacheTraffic, type Family, type Volume } from './family.ts';
import type { HoldOptions, HoldOutcome } from './hold.ts';
import { levelsAt } from './levels.ts';

const KEYS = 500;
const NODES = 4;
/** Variants of a key at most. */
const SPLITS = 8;
const PLACES = KEYS * NODES * SPLITS;
const USERS = 2000;
const LOOK_S = 300;
const HOLD_S = 3600;
const CACHE_DROP = 0.05;
const MAX_SHARE = 0.5;

/** Eligible lookups of one color. */
interface Lookups {
  readonly tick: number[];
  readonly bin: number[];
  readonly stratum: number[];
  readonly miss: number[];
}

export function simulateCacheHold(
  { cache }: Family,
  volume: Volume,
  seed: string,
  { asksKayenta = true }: HoldOptions = {},
): HoldOutcome {
  if (cache === undefined) throw new RangeError('a cache family needs its cache');
  const draws = drawsOf(seed);
  const arms = drawLookups(cache, volume, draws);
  const units = timeUnits(HOLD_S * 1000);
  const cells = { to: emptyCells(60), from: emptyCells(60) };
  const looks = HOLD_S / LOOK_S;
  const share = volume.to / (volume.to + volume.from);
  let [failedAt, passed, plain] = [0, false, false];
  for (let look = 1; look <= looks && failedAt === 0; look += 1) {
    const grid: Grid = { ...units, ticks: (look * LOOK_S) / 60 };
    const strata = { to: strataOf(arms.to, grid), from: strataOf(arms.from, grid) };
    const ruling = judgeCache(
      {
        grid,
        arms: {
          to: armOf(arms.to, grid, strata.to, cacheWeights(strata.to, strata.from), cells.to),
          from: armOf(arms.from, grid, strata.from, cacheWeights(strata.from, strata.to), cells.from),
        },
      },
      {
        ...levelsAt(look, looks),
        cacheDrop: CACHE_DROP,
        share,
        maxShare: MAX_SHARE,
        minSamples: 59,
      },
    );
    if (ruling.verdict === 'fail') failedAt = look;
    passed = ruling.verdict === 'pass';
    if (!ruling.stoppedBy.includes('limit')) plain = true;
  }
  return {
    failedAt: { hold: failedAt, day: 0, early: 0 },
    passed,
    plain,
    kayenta: !asksKayenta ? null : isHighByMinute(missesOf(arms.to), missesOf(arms.from)),
  };
}

/** Misses among the lookups of each minute that had some. */
function missesOf({ tick, miss }: Lookups): number[] {
  return valuesByMinute(
    tick.length,
    (at) => tick[at] ?? 0,
    (at) => miss[at] ?? 0,
  ).map(mean);
}

/** What one color's cache holds. */
interface Store {
  isHit(place: number, now: number, ttlS: number): boolean;
  put(place: number, now: number): void;
  clear(): void;
}

/** Node, key and what splits it → when its lifetime began. */
class EndlessStore implements Store {
  readonly #began = new Float64Array(2 * PLACES).fill(-Infinity);

  isHit(place: number, now: number, ttlS: number): boolean {
    return now - (this.#began[place] ?? -Infinity) < ttlS;
  }

  put(place: number, now: number): void {
    this.#began[place] = now;
  }

  clear(): void {
    this.#began.fill(-Infinity);
  }
}

class LruStore implements Store {
  /** As there. Least recently used first. */
  readonly #entries = new Map<number, number>();
  readonly #capacity: number;
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  isHit(place: number, now: number, ttlS: number): boolean {
    const began = this.#entries.get(place);
    if (began === undefined) return false;
    this.#entries.delete(place);
    if (now - began >= ttlS) return false;
    this.#entries.set(place, began);
    return true;
  }

  put(place: number, now: number): void {
    this.#entries.delete(place);
    this.#entries.set(place, now);
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  clear(): void {
    this.#entries.clear();
  }
}

function storeOf({ lru }: CacheTraffic): Store {
  return lru === undefined ? new EndlessStore() : new LruStore(lru);
}

function drawLookups(
  cache: CacheTraffic,
  volume: Volume,
  draws: Draws,
): { readonly to: Lookups; readonly from: Lookups } {
  const { ttlS, flushS, fault } = cache;
  const share = volume.to / (volume.to + volume.from);
  const rate = (volume.to + volume.from) / 3600;
  const popularity = cumulative();
  const shared = cache.sharedLru === true ? storeOf(cache) : null;
  const stores = { to: shared ?? storeOf(cache), from: shared ?? storeOf(cache) };
  const asked = { to: new AskedKeys<number>(), from: new AskedKeys<number>() };
  const found = { to: lookups(), from: lookups() };
  // `from` was there before, with all of the traffic.
  const startS = -Math.min(7200, 2 * ttlS);
  const flush = { to: flushes(flushS, startS, draws), from: flushes(flushS, startS, draws) };
  const bins = Array.from({ length: USERS }, () => ({
    bin: draws.below(512),
    isOnTo: draws.uniform() < share,
  }));
  const users = { to: bins.filter(({ isOnTo }) => isOnTo), from: bins.filter(({ isOnTo }) => !isOnTo) };
  for (let now = startS; now < HOLD_S; now += draws.exponential() / rate) {
    const side = now >= 0 && draws.uniform() < share ? 'to' : 'from';
    const key = pick(popularity, draws.uniform());
    const node = draws.below(NODES);
    const store = stores[side];
    while ((flush[side][0] ?? Infinity) <= now) {
      store.clear();
      flush[side].shift();
    }
    const split = side === 'to' && fault?.split !== undefined ? draws.below(fault.split) : 0;
    const place = (key * NODES + node) * SPLITS + split + (shared !== null && side === 'to' ? PLACES : 0);
    const lifetime = side === 'to' ? ttlS * (fault?.ttlFactor ?? 1) : ttlS;
    const isHit = store.isHit(place, now, lifetime);
    if (!isHit) {
      const isLost =
        side === 'to' &&
        ((fault?.deadNodes !== undefined && node < fault.deadNodes) ||
          draws.uniform() < (fault?.notStored ?? 0));
      if (!isLost) store.put(place, now);
    }
    if (now < 0) continue;
    const stratum = asked[side].stratum(key * NODES + node, 1000 * now, isHit, 1000 * ttlS);
    if (stratum < 0) continue;
    const user = users[side][draws.below(Math.max(1, users[side].length))];
    found[side].tick.push(Math.floor(now / 60));
    found[side].bin.push(user?.bin ?? 0);
    found[side].stratum.push(stratum);
    found[side].miss.push(Number(!isHit));
  }
  return found;
}

function lookups(): Lookups {
  return { tick: [], bin: [], stratum: [], miss: [] };
}

function flushes(meanS: number | undefined, startS: number, draws: Draws): number[] {
  const times: number[] = [];
  if (meanS === undefined) return times;
  for (let s = startS + meanS * draws.exponential(); s < HOLD_S; s += meanS * draws.exponential())
    times.push(s);
  return times;
}

function cumulative(): Float64Array {
  const sums = new Float64Array(KEYS);
  let sum = 0;
  for (let key = 0; key < KEYS; key += 1) sums[key] = sum += 1 / (key + 1);
  return sums.map((one) => one / sum);
}

function pick(sums: Float64Array, at: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 1) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function strataOf({ tick, stratum, miss }: Lookups, { ticks }: Grid): CacheArm['strata'] {
  const trials = Array.from({ length: STRATA }, () => 0);
  const hits = Array.from({ length: STRATA }, () => 0);
  for (let i = 0; i < tick.length && (tick[i] ?? 0) < ticks; i += 1) {
    const h = stratum[i] ?? 0;
    trials[h] = (trials[h] ?? 0) + 1;
    hits[h] = (hits[h] ?? 0) + 1 - (miss[i] ?? 0);
  }
  return { trials, hits };
}

function armOf(
  { tick, bin, stratum, miss }: Lookups,
  grid: Grid,
  strata: CacheArm['strata'],
  weights: readonly number[],
  cells: Cells,
): CacheArm {
  const { width, trials, events } = cells;
  const filled = { trials: [] as number[], events: [] as number[] };
  for (let i = 0; i < tick.length && (tick[i] ?? 0) < grid.ticks; i += 1) {
    const weight = weights[stratum[i] ?? 0] ?? 0;
    if (weight === 0) continue;
    const cell = (bin[i] ?? 0) * width + (tick[i] ?? 0);
    if (trials[cell] === 0) filled.trials.push(cell);
    trials[cell] = (trials[cell] ?? 0) + weight;
    if (miss[i] !== 1) continue;
    if (events[cell] === 0) filled.events.push(cell);
    events[cell] = (events[cell] ?? 0) + weight;
  }
  const beside = { byInstance: [], users: 0 };
  const series = {
    trials: sumTrials(cells, grid, beside, Int32Array.from(filled.trials)),
    events: sumEvents(cells, grid, beside, Int32Array.from(filled.events)),
  };
  for (const cell of filled.trials) trials[cell] = 0;
  for (const cell of filled.events) events[cell] = 0;
  return { strata, series };
}
