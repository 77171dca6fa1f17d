/**
 * Synthetic user traffic of a simulated world.
 * Invariant: traffic of an instant does not depend on who asks or when: it is drawn per ten-second bucket from the
 * world's seed, so overlapping windows agree and a longer window contains a shorter one.
 */
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { TrafficSlice, TrafficCounts } from '../../domain/look-input.ts';
import { identityKey } from '../../domain/identity.ts';
import type { TelemetryQuery } from '../../ports/index.ts';
import { type Random, randomOf } from './random.ts';
import type { SimulatedWorld } from './world.ts';

const BUCKET_MS = 10_000;
/** Requests drawn for one window at most: a long window of a busy service is thinned, its rates stay true. */
const MAX_REQUESTS = 60_000;
const ROUTES = [
  { route: 'answer', share: 0.8, write: false },
  { route: 'note.write', share: 0.2, write: true },
] as const;

interface Draft {
  readonly color: Color;
  readonly region: string;
  readonly route: string;
  requests: number;
  readonly warmMs: number[];
  readonly warmUsableMs: number[];
  readonly coldMs: number[];
  readonly errors: Record<string, number>;
  readonly cache: { lookups: number; hits: number };
  readonly identities: Record<string, number>;
  readonly writes: { accepted: number; frozen: number; late: number };
}

/** Requests per second at an instant: a day with one peak, at 14:00 UTC. */
export function rateAt(world: SimulatedWorld, ms: number): number {
  const hour = (ms / 3_600_000) % 24;
  return world.options.requestsPerSecond * (1 + 0.5 * Math.cos(((hour - 14.5) / 24) * 2 * Math.PI));
}

function simulatedWindow(world: SimulatedWorld, query: TelemetryQuery): TrafficCounts {
  const until = Math.min(query.toMs, world.now());
  const slices = new Map<string, Draft>();
  let foreignCacheLookups = 0;
  const buckets: number[] = [];
  for (let at = Math.ceil(query.fromMs / BUCKET_MS) * BUCKET_MS; at < until; at += BUCKET_MS)
    buckets.push(at);
  const expected = buckets.reduce((sum, at) => sum + rateAt(world, at) * (BUCKET_MS / 1000), 0);
  const keep = Math.min(1, MAX_REQUESTS / Math.max(1, expected));
  const regions = world.options.regions.filter(
    (region) => query.regions.length === 0 || query.regions.includes(region),
  );
  // The first hour of 1970 has no users; nor has a service that is not ours.
  const known = query.service === world.options.service && query.fromMs >= 86_400_000;
  for (const at of known ? buckets : []) {
    for (const region of regions) {
      const random = randomOf(world.options.seed, at, region);
      const count = Math.round(
        (rateAt(world, at) * (BUCKET_MS / 1000) * keep) / world.options.regions.length,
      );
      const config = world.seenBy(region, at);
      const share = world.shareAt(region, at);
      for (let i = 0; i < count; i += 1) {
        const onTo = random.next() * 100 < share;
        const color = onTo ? world.options.to : world.options.from;
        const kind = random.next() < ROUTES[0].share ? ROUTES[0] : ROUTES[1];
        const slice = sliceOf(slices, color, region, kind.route);
        const frozen = config !== null && config.freezeUntilMs !== null && at < config.freezeUntilMs;
        foreignCacheLookups += one(world, random, slice, kind.write, frozen);
      }
    }
  }
  return {
    fromMs: query.fromMs,
    toMs: query.toMs,
    freshestMs: slices.size === 0 ? null : Math.max(query.fromMs, until - 1),
    slices: [...slices.values()] satisfies TrafficSlice[],
    flipBacks: world.deals?.isSticky === false && isMixed(slices.values()) ? until % 100 : 0,
    foreignCacheLookups,
  };
}

function isMixed(slices: Iterable<Draft>): boolean {
  return new Set([...slices].map(({ color }) => color)).size > 1;
}

/** The window as telemetry shows it: with a fault it shows less than there was. */
export function seenWindow(world: SimulatedWorld, query: TelemetryQuery): TrafficCounts {
  if (world.hasNow('telemetry-down')) {
    throw new ProviderError('retry', 'simulated', 'telemetry: connection refused');
  }
  if (world.hasNow('telemetry-silent')) {
    return { ...simulatedWindow(world, query), freshestMs: null, slices: [] };
  }
  if (world.hasNow('telemetry-stale')) {
    const toMs = (query.fromMs + query.toMs) / 2;
    return { ...simulatedWindow(world, { ...query, toMs }), toMs: query.toMs };
  }
  const window = simulatedWindow(world, query);
  if (!world.hasNow('one-sided')) return window;
  return { ...window, slices: window.slices.filter((slice) => slice.color !== world.options.to) };
}

/** Draws one request into its slice. @returns 1 when it looked into the other color's namespace. */
function one(world: SimulatedWorld, random: Random, slice: Draft, write: boolean, frozen: boolean): number {
  const onTo = slice.color === world.options.to;
  const broken = (fault: Parameters<SimulatedWorld['has']>[0]): boolean => onTo && world.has(fault);
  slice.requests += 1;
  const cold = random.chance(broken('cold-only') && world.warm[slice.color] === 0 ? 0.1 : 0.001);
  const slow = random.chance(broken('slow-tail') ? 0.1 : 0);
  const ms = 180 * Math.exp(0.25 * random.normal()) * (slow ? 3 : 1) + (cold ? 2500 : 0);
  const error = random.chance(0.001)
    ? 'headers:http_5xx:503'
    : random.chance(broken('new-error-class') ? 0.03 : 0)
      ? 'body:truncated'
      : null;
  if (write) {
    slice.writes[frozen ? 'frozen' : 'accepted'] += 1;
  } else {
    slice.cache.lookups += 1;
    const hit = random.chance(0.6);
    if (hit) slice.cache.hits += 1;
    if (broken('cache-leak') && random.chance(0.1)) return 1;
  }
  if (error !== null) {
    slice.errors[error] = (slice.errors[error] ?? 0) + 1;
    return 0;
  }
  if (cold) slice.coldMs.push(ms);
  else slice.warmMs.push(ms);
  if (!cold) slice.warmUsableMs.push(ms * 0.4);
  if (!write) {
    const identity = world.options.identities[slice.color];
    const key = identityKey(broken('bad-index') ? { ...identity, INDEX_HASH: 'sha256:other' } : identity);
    slice.identities[key] = (slice.identities[key] ?? 0) + 1;
  }
  return 0;
}

function sliceOf(slices: Map<string, Draft>, color: Color, region: string, route: string): Draft {
  const key = `${color}/${region}/${route}`;
  const slice = slices.get(key) ?? {
    color,
    region,
    route,
    requests: 0,
    warmMs: [],
    warmUsableMs: [],
    coldMs: [],
    errors: {},
    cache: { lookups: 0, hits: 0 },
    identities: {},
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
  slices.set(key, slice);
  return slice;
}
