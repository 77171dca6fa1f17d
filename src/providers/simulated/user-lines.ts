/**
 * The lines of users' requests in a simulated world, also of the days before it began.
 * Invariant: traffic of an instant does not depend on who asks or when: it is drawn per ten-second bucket from the world's seed, so
 * overlapping ranges agree and a longer range contains a shorter one. A range of too many requests is thinned by halves: its rates
 * stay true.
 */
import type { CountedLine } from '../../domain/clusters/index.ts';
import { murmur3 } from '../../domain/murmur3.ts';
import { type Random, randomOf } from './random.ts';
import type { Fault } from './faults.ts';
import type { SimulatedWorld } from './world.ts';

const BUCKET_MS = 10_000;
/** Requests of one range at most, at the average rate. */
const MAX_REQUESTS = 20_000;
/** Lines kept for the next range, which is mostly the same. */
const KEPT_LINES = 4 * MAX_REQUESTS;
const USERS = 6000;
/** Of each color in each region. */
const INSTANCES = 4;
const KEYS = 400;
const LIFETIME_S = 300;
const ANSWER_SHARE = 0.8;

export interface SimulatedLine extends CountedLine {
  /** Null for what only reads. */
  readonly write: 'accepted' | 'frozen' | null;
  /** It looked into the other color's namespace. */
  readonly isForeign: boolean;
}

/** Requests per second at an instant: a day with one peak, at 14:00 UTC. */
export function rateAt(world: SimulatedWorld, ms: number): number {
  const hour = (ms / 3_600_000) % 24;
  return world.options.requestsPerSecond * (1 + 0.5 * Math.cos(((hour - 14.5) / 24) * 2 * Math.PI));
}

interface Bucket {
  readonly keep: number;
  readonly lines: readonly SimulatedLine[];
}

/** Draws lines, and keeps those of the newest buckets asked for. */
export class UserLines {
  readonly #world: SimulatedWorld;
  readonly #kept = new Map<number, Bucket>();
  #count = 0;
  /** How many entries of each of the world's lists have been seen. */
  #changes = [0, 0, 0];

  constructor(world: SimulatedWorld) {
    this.#world = world;
  }

  /** In order of time, up to now. */
  between(fromMs: number, toMs: number): SimulatedLine[] {
    const nowMs = this.#world.now();
    const endMs = Math.min(toMs, nowMs);
    this.#forgetChanged();
    const keep = keepOf(this.#world, toMs - fromMs);
    const lines: SimulatedLine[] = [];
    for (let at = Math.floor(fromMs / BUCKET_MS) * BUCKET_MS; at < endMs; at += BUCKET_MS) {
      const isCut = at < fromMs || at + BUCKET_MS > endMs;
      for (const line of this.#bucket(at, keep, nowMs))
        if (!isCut || (line.atMs >= fromMs && line.atMs < endMs)) lines.push(line);
    }
    return lines;
  }

  #bucket(at: number, keep: number, nowMs: number): readonly SimulatedLine[] {
    const kept = this.#kept.get(at);
    if (kept?.keep === keep) return kept.lines;
    const lines = drawBucket(this.#world, at, keep);
    if (at + BUCKET_MS > nowMs) return lines;
    this.#forget(at);
    this.#kept.set(at, { keep, lines });
    this.#count += lines.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#count <= KEPT_LINES) break;
      this.#forget(oldest);
    }
    return lines;
  }

  /** A write of another activity may be older than the newest bucket that was drawn. */
  #forgetChanged(): void {
    const { history, weights, warmings } = this.#world;
    const lists: (readonly { readonly atMs: number }[])[] = [history, weights, warmings];
    const fresh = lists.flatMap((list, i) => list.slice(this.#changes[i]));
    if (fresh.length === 0) return;
    const since = Math.min(...fresh.map(({ atMs }) => atMs));
    this.#changes = lists.map(({ length }) => length);
    for (const at of this.#kept.keys()) if (at + BUCKET_MS > since) this.#forget(at);
  }

  #forget(at: number): void {
    this.#count -= this.#kept.get(at)?.lines.length ?? 0;
    this.#kept.delete(at);
  }
}

/** Share of the requests that is drawn: the same for ranges of about the same length. */
function keepOf({ options }: SimulatedWorld, rangeMs: number): number {
  const expected = options.requestsPerSecond * (rangeMs / 1000);
  return expected <= MAX_REQUESTS ? 1 : 2 ** -Math.ceil(Math.log2(expected / MAX_REQUESTS));
}

function drawBucket(world: SimulatedWorld, at: number, keep: number): SimulatedLine[] {
  const { seed, regions } = world.options;
  const expected = (rateAt(world, at) * (BUCKET_MS / 1000) * keep) / regions.length;
  return regions
    .flatMap((region, index) => {
      const random = randomOf(seed, at, region);
      const count = Math.floor(expected + random.next());
      return Array.from({ length: count }, () => drawLine(world, random, at, region, index));
    })
    .sort((a, b) => a.atMs - b.atMs);
}

function drawLine(
  world: SimulatedWorld,
  random: Random,
  bucketMs: number,
  region: string,
  index: number,
): SimulatedLine {
  const { from, to, regions } = world.options;
  const atMs = bucketMs + Math.floor(random.next() * BUCKET_MS);
  const users = Math.max(1, Math.floor(USERS / regions.length));
  const user = Math.floor(random.next() * users);
  const share = world.shareAt(region, atMs) / 100;
  const isOnTo = world.deals?.isSticky === false ? random.next() < share : (user + 0.5) / users < share;
  const color = isOnTo ? to : from;
  const isBroken = (fault: Fault): boolean => isOnTo && world.has(fault);
  const isWrite = random.next() >= ANSWER_SHARE;
  const instance = Math.floor(random.next() * INSTANCES);
  const cold = random.chance(isBroken('cold-only') && world.warmAt(color, atMs) === 0 ? 0.1 : 0.001);
  const slow = random.chance(isBroken('slow-tail') ? 0.1 : 0);
  const tfinalMs = 180 * Math.exp(0.25 * random.normal()) * (slow ? 3 : 1) + (cold ? 2500 : 0);
  const error = random.chance(0.001)
    ? 'headers:http_5xx:503'
    : random.chance(isBroken('new-error-class') ? 0.03 : 0)
      ? 'body:truncated'
      : null;
  const hit = random.chance(0.6);
  return {
    atMs,
    color,
    region,
    route: isWrite ? 'note.write' : 'answer',
    user: hashOf(index * users + user),
    instance: `${color}-${region}-${instance}`,
    cold,
    ok: error === null,
    error,
    tfinalMs,
    tusableMs: tfinalMs * 0.4,
    cache: isWrite ? null : { node: region, key: keyOf(random), hit, ttlS: hit ? null : LIFETIME_S },
    write: isWrite ? writeOf(world, region, atMs) : null,
    isForeign: !isWrite && isBroken('cache-leak') && random.chance(0.1),
  };
}

/** Some keys are asked for much more often than others. */
function keyOf(random: Random): string {
  return `/answer?q=popular-${1 + Math.floor(KEYS * random.next() ** 3)}`;
}

function writeOf(world: SimulatedWorld, region: string, atMs: number): 'accepted' | 'frozen' {
  const freezeUntilMs = world.seenBy(region, atMs)?.freezeUntilMs ?? null;
  return freezeUntilMs !== null && atMs < freezeUntilMs ? 'frozen' : 'accepted';
}

const hashes: string[] = [];

/** What the router would log of a user: 64 bits in hex. */
function hashOf(user: number): string {
  return (hashes[user] ??= [1, 2]
    .map((half) => murmur3(`user ${user}`, half).toString(16).padStart(8, '0'))
    .join(''));
}
