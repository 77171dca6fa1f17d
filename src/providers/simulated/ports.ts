/**
 * The ports of a simulated world.
 * Invariant: they keep the same promises as real providers (and run the same suites): compare-and-set, read-back,
 * idempotency keys, errors as `ProviderError`. Only the world behind them is made up.
 */
import type { Color } from '../../domain/color.ts';
import type { CachePort, ColorPort, QueuePort, TelemetryPort, WarmupPort } from '../../ports/index.ts';
import { histogramTelemetry } from '../histogram-telemetry.ts';
import { SimulatedTraffic } from './traffic.ts';
import { rateAt } from './user-lines.ts';
import type { SimulatedJob, SimulatedWorld } from './world.ts';

export function simulatedQueue(world: SimulatedWorld): QueuePort {
  const isHeld = (job: SimulatedJob): boolean => job.heldUntilMs > world.now();
  const isDelayed = (job: SimulatedJob): boolean => !isHeld(job) && (job.dueMs ?? 0) > world.now();
  const topic = (color: Color): string => `jobs.${color}`;
  return {
    capabilities: { consistencyLagMs: 1000 },
    topic,
    async depth(color) {
      const jobs = world.jobs(color);
      const inFlight = jobs.filter(isHeld).length;
      const delayed = jobs.filter(isDelayed).length;
      const oldestMs = Math.min(world.now(), ...jobs.map((job) => job.atMs));
      return {
        ready: jobs.length - inFlight - delayed,
        inFlight,
        delayed,
        dead: world.deadLetters[color].length,
        oldestAgeMs: world.now() - oldestMs,
      };
    },
    async retryPolicy() {
      return { maxDeliveries: 5, ackTimeoutMs: 30_000 };
    },
    async move(from, to, context) {
      const source = world.jobs(from);
      const ready = source.filter((job) => !isHeld(job) && !isDelayed(job));
      const moving = ready.slice(0, context.maxMessages);
      if (world.refusing.has(to) && moving.length > 0) {
        const why = `${topic(to)} refuses jobs, as the simulation says`;
        return { moved: 0, refused: { jobs: 1, why, isLastTry: false } };
      }
      for (const job of moving) {
        source.splice(source.indexOf(job), 1);
        world.jobs(to).push({ ...job, heldUntilMs: 0 });
      }
      return { moved: moving.length };
    },
  };
}

export function simulatedCache(world: SimulatedWorld): CachePort {
  return {
    async purge(color) {
      world.cached[color].clear();
      return { namespace: `${world.options.service}:${color}` };
    },
    async verifyPurged(color, keys) {
      return { checked: keys.length, stillCached: keys.filter((key) => world.cached[color].has(key)).length };
    },
    async prime(color, keys) {
      for (const key of keys) world.cached[color].add(key);
      return { primed: keys.length, failed: 0 };
    },
  };
}

export function simulatedWarmup(world: SimulatedWorld): WarmupPort {
  return {
    async warm(color, pings) {
      const atMs = world.now();
      const before = world.warmAt(color, atMs);
      const cold = Math.max(0, pings - before);
      world.warmings.push({ atMs, color, pings: Math.max(before, pings) });
      return { sent: pings, cold, failed: 0, failure: null };
    },
    async release(color) {
      world.warmings.push({ atMs: world.now(), color, pings: 0 });
    },
  };
}

export function simulatedColor(world: SimulatedWorld): ColorPort {
  const { service, regions, releases, identities } = world.options;
  return {
    async health(color) {
      const alive = !world.retired.has(color);
      const now = world.now();
      world.jobs(color);
      return regions.map((region) => ({
        service,
        color,
        release: releases[color],
        region,
        ok: alive,
        index: { name: `${service}-${color}`, ...identities[color] },
        env: { LOG_LEVEL: 'same', MODEL: 'same' },
        secrets: { edge: ['k1', 'k2'], core: ['k1', 'k2'] },
        cachePrefix: `${service}:${color}`,
        tools: null,
        memoryPrefix: null,
        queue: { topic: `jobs.${color}`, maxDeliveries: 5, ackTimeoutMs: 30_000 },
        schedules: [],
        migration: { mode: 'compatible' as const, tables: [] },
        writeGuard: true,
        configGeneration: world.seenBy(region, now)?.generation ?? 0,
        capacity: { ready: alive ? 4 : 0, max: alive ? 40 : 0 },
        counters: countersOf(world, color, now),
      }));
    },
    async retire(color) {
      const again = world.retired.has(color);
      world.retired.add(color);
      return { detail: again ? `${color} was already retired` : `${color} scaled to 0` };
    },
  };
}

export function simulatedTelemetry(world: SimulatedWorld): TelemetryPort {
  const popular = Array.from({ length: 50 }, (_, i) => ({
    key: `/answer?q=popular-${i + 1}`,
    hits: Math.round(5000 / (i + 1)),
  }));
  const traffic = new SimulatedTraffic(world);
  return {
    async window(query) {
      return traffic.window(query);
    },
    async sums(query, limits) {
      return traffic.sums(query, limits);
    },
    async blocks(color, query) {
      return traffic.blocks(color, query);
    },
    async catalogue(color) {
      return color === world.options.from
        ? { requests: 100_000, users: 5000, classes: { 'headers:http_5xx:503': 100 } }
        : { requests: 0, users: 0, classes: {} };
    },
    async popularKeys(_color, limit) {
      return popular.slice(0, limit);
    },
    async sample(_color, limit) {
      // Every key fails alike here, so a sample of failures is a sample.
      return popular.slice(0, limit).map(({ key }) => ({ method: 'GET', key, route: 'answer' }));
    },
    async hourly(query) {
      const hours: { hourMs: number; requests: number }[] = [];
      const hour = 3_600_000;
      for (
        let at = Math.ceil(query.fromMs / hour) * hour;
        at < Math.min(query.toMs, world.now());
        at += hour
      ) {
        hours.push({ hourMs: at, requests: Math.round(rateAt(world, at) * 3600) });
      }
      return hours;
    },
  };
}

/** The same telemetry as a source of counters and histograms would show it. */
export function simulatedCounts(world: SimulatedWorld): TelemetryPort {
  const traffic = new SimulatedTraffic(world);
  const told = simulatedTelemetry(world);
  const counts = histogramTelemetry({
    name: 'simulated',
    lagMs: 0,
    byRegion: true,
    read: async (color, stretches, query) => traffic.counts(color, stretches, query),
  });
  return { ...counts, hourly: (query) => told.hourly(query) };
}

/** Outbound calls follow the jobs done and the clock, so that a window of counters always has some. */
function countersOf(world: SimulatedWorld, color: Color, now: number) {
  const sinceStart = Math.max(0, Math.floor((now - (world.history[0]?.atMs ?? now)) / 1000));
  return {
    jobsDone: world.done[color],
    jobsDeduped: 0,
    egressCalls: sinceStart * 5 + world.done[color],
    egressFailures: 0,
    lateWrites: 0,
  };
}
