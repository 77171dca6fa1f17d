/**
 * Ports of a scripted service, over one small in-memory state. They keep the promises of real providers (compare-and-set,
 * read-back, errors as `ProviderError`); a test bends them through `ScriptedService`.
 */
import { activityInfo } from '@temporalio/activity';
import { blocksOf, countLines } from '../../src/domain/clusters/index.ts';
import type { Color } from '../../src/domain/color.ts';
import { nextEdgeConfig } from '../../src/domain/edge-config.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import type { HealthContract } from '../../src/domain/health.ts';
import type {
  CachePort,
  FencePort,
  ColorPort,
  ConfigStorePort,
  NotifyPort,
  QueuePort,
  RouterPort,
  StepPort,
  TelemetryPort,
  TrafficPort,
  WarmupPort,
} from '../../src/ports/index.ts';
import type { ScriptedService } from './scripted-service.ts';
import { simulatedTraffic } from '../../src/providers/simulated/edge.ts';

export function storeOf(service: ScriptedService): ConfigStorePort {
  return {
    capabilities: service.capabilities.store,
    read: async () => {
      service.fail('edge.read');
      return service.edge;
    },
    clock: async () => clock(),
    compareAndSet: async (next, context) => {
      const { edge } = service;
      if (edge?.generation === next.generation && edge.writer === next.writer) return edge;
      const step = context.idempotencyKey.slice(context.idempotencyKey.indexOf('/') + 1);
      await service.pass(`edge:${step}`);
      service.fail(`edge:${step}`);
      if ((service.edge?.generation ?? 0) !== (context.follows ?? next.generation - 1)) {
        throw new ProviderError('reread', 'scripted', `generation ${service.edge?.generation ?? 0} stands`);
      }
      const { freezeForMs } = context;
      const stored = freezeForMs === undefined ? next : { ...next, freezeUntilMs: clock() + freezeForMs };
      service.write(stored);
      await service.pass(`written:${step}`);
      service.fail(`reply:${step}`);
      return stored;
    },
  };
}

export function routerOf(service: ScriptedService): RouterPort {
  return {
    capabilities: service.capabilities.router,
    observe: async () => {
      service.fail('edge.observe');
      const generation = service.isPropagating ? (service.edge?.generation ?? 0) : 0;
      const weightPercent = service.isPropagating ? (service.edge?.weightPercent ?? 0) : 0;
      return [{ region: 'eu-west', generation, weightPercent, error: null }];
    },
  };
}

/** A vendor's own weight; used by a switch whose plan names a traffic. */
export function trafficOf(service: ScriptedService): TrafficPort {
  const { vendor, native } = service;
  vendor.now = clock;
  const port = simulatedTraffic(vendor, native);
  return {
    ...port,
    readBack: async (signal) => {
      service.fail('traffic.read');
      return port.readBack(signal);
    },
    apply: async (change, { idempotencyKey }) => {
      const step = idempotencyKey.slice(idempotencyKey.indexOf('/') + 1);
      await service.pass(`weight:${step}`);
      service.fail(`weight:${step}`);
      // The request is on its way: whoever cancelled the call does not stop it any more.
      const reading = await port.apply(change, { idempotencyKey });
      await service.pass(`weighed:${step}`);
      service.fail(`weight-reply:${step}`);
      return reading;
    },
  };
}

/** The workflow's clock, which tests skip. */
function clock(): number {
  return activityInfo().currentAttemptScheduledTimestampMs;
}

export function colorOf(service: ScriptedService): ColorPort {
  return {
    health: async (color) => {
      await service.pass(`health:${color}`);
      service.fail(`health:${color}`);
      return service.health(contract(service, color));
    },
    retire: async (color) => {
      await service.pass('retire');
      service.fail('retire');
      service.retired.push(color);
      return { detail: `${color} scaled to 0` };
    },
  };
}

function contract(service: ScriptedService, color: Color): HealthContract {
  return {
    service: service.name,
    color,
    release: color === 'blue' ? 'r41' : 'r42',
    region: 'eu-west',
    ok: true,
    index: {
      name: `docs-${color}`,
      INDEX_HASH: 'h1',
      metric: 'cosine',
      analyzer: 'en',
      embedModel: 'm1',
      reranker: 'none',
    },
    env: { MODEL: 'same' },
    secrets: { edge: ['k1', 'k2'], core: ['k1', 'k2'] },
    cachePrefix: `docs:${color}`,
    tools: null,
    memoryPrefix: null,
    queue: { topic: `jobs.${color}`, maxDeliveries: 5, ackTimeoutMs: 30_000 },
    schedules: [],
    migration: { mode: 'compatible', tables: [] },
    writeGuard: true,
    configGeneration: service.edge?.generation ?? 0,
    capacity: { ready: 4, max: 40 },
    counters: { jobsDone: 0, jobsDeduped: 0, egressCalls: 0, egressFailures: 0, lateWrites: 0 },
  };
}

export function queueOf(service: ScriptedService): QueuePort {
  return {
    capabilities: { consistencyLagMs: service.queueLagMs, movesDelayed: service.movesDelayed },
    topic: (color) => (service.hasOneTopic ? 'jobs' : `jobs.${color}`),
    depth: async (color) => {
      await service.pass(`depth:${color}`);
      service.fail(`depth:${color}`);
      const inFlight = service.stuckJobs[color];
      const ready = service.jobs[color];
      const delayed = service.delayedJobs[color];
      const oldestAgeMs = ready + inFlight + delayed === 0 ? null : 1000;
      return { ready, inFlight, delayed, dead: 0, oldestAgeMs };
    },
    retryPolicy: async (color) => ({
      maxDeliveries: color === 'blue' ? 5 : service.greenReceives,
      ackTimeoutMs: 30_000,
    }),
    move: async (from, to, { maxMessages }) => {
      await service.pass(`move:${from}`);
      service.fail('move');
      service.moves += 1;
      if (service.refusal !== null) return { moved: 0, refused: { jobs: 1, ...service.refusal } };
      service.jobs[from] += service.straggling[from];
      const moved = Math.min(maxMessages, service.mostOfMove, service.jobs[from]);
      service.jobs[from] -= moved;
      service.jobs[to] += moved;
      return { moved };
    },
  };
}

export function cacheOf(service: ScriptedService): CachePort {
  return {
    purge: async (color, { idempotencyKey }) => {
      await service.pass('purge');
      service.fail('purge');
      const { edge } = service;
      if (service.hasEpochs && edge !== null) {
        const cacheEpoch = { ...edge.cacheEpoch, [color]: edge.cacheEpoch[color] + 1 };
        service.write(nextEdgeConfig(edge, { cacheEpoch }, idempotencyKey));
      }
      return { namespace: `docs:${color}` };
    },
    verifyPurged: async (_, keys) => ({
      checked: keys.length,
      stillCached: service.stillCached.shift() ?? 0,
    }),
    prime: async (color, keys) => {
      service.fail('prime');
      service.primed.push(color);
      return { primed: keys.length, failed: 0 };
    },
  };
}

export function fenceOf(service: ScriptedService): FencePort {
  let last = 0;
  let frozen = false;
  const state = { writing: [] };
  return {
    covers: 'orders',
    check: async () => [],
    freeze: async ({ turn }) => {
      await service.pass('fence');
      service.fail('fence');
      if (turn <= last) throw new ProviderError('reread', 'scripted', 'over');
      frozen = true;
      service.fenced.push('frozen');
      return { ...state, frozen };
    },
    thaw: async ({ turn }) => {
      service.fail('unfence');
      [last, frozen] = [turn, false];
      service.fenced.push('thawed');
      return { ...state, frozen };
    },
    state: async () => ({ ...state, frozen }),
  };
}

export function warmupOf(service: ScriptedService): WarmupPort {
  return {
    warm: async (_, pings) => {
      await service.pass('warm');
      service.fail('warm');
      const failed = service.failedPings.shift() ?? 0;
      const failure = failed === 0 ? null : 'HTTP 404 at https://docs.example/warm';
      const cold = service.coldPings.shift() ?? 0;
      return { sent: pings, cold, failed, failure };
    },
    release: async () => {
      service.released += 1;
    },
  };
}

/** A step, or the undo of one. As a real receiver does, it does what it is asked once for each key. */
export function stepOf(service: ScriptedService): StepPort {
  return {
    perform: async ({ name, undoes }, { idempotencyKey }) => {
      const point = `${undoes === null ? 'step' : 'undo'}:${name}`;
      service.stepCalls.push(idempotencyKey);
      await service.pass(point);
      service.fail(point);
      const effect = undoes === null ? idempotencyKey : `undo ${undoes}`;
      const isNew = !service.stepEffects.includes(effect);
      if (isNew) service.stepEffects.push(effect);
      await service.pass(`done-${point}`);
      service.fail(`reply-${point}`);
      return { detail: isNew ? `${name} as scripted` : `${name} was so already` };
    },
    check: async () => {
      service.fail('step');
      return null;
    },
  };
}

export function telemetryOf(service: ScriptedService): TelemetryPort {
  return {
    window: async (query) => {
      service.fail('telemetry');
      return {
        fromMs: query.fromMs,
        toMs: query.toMs,
        freshestMs: query.toMs,
        slices: [],
        flipBacks: 0,
        foreignCacheLookups: 0,
      };
    },
    sums: async ({ terms }, limits) => countLines([], terms, limits),
    blocks: async (color, query) => blocksOf([], color, query),
    catalogue: async () => ({ requests: 0, users: 0, classes: {} }),
    popularKeys: async (_, limit) =>
      [
        { key: '/a', hits: 9 },
        { key: '/b', hits: 5 },
      ].slice(0, limit),
    sample: async () => [],
    hourly: async ({ fromMs, toMs }) => {
      service.fail('hourly');
      const requests = service.hourlyRequests();
      const hours = requests === 0 ? 0 : Math.floor((toMs - fromMs) / 3_600_000);
      return Array.from({ length: hours }, (_, i) => ({ hourMs: fromMs + i * 3_600_000, requests }));
    },
  };
}

export function notifierOf(service: ScriptedService): NotifyPort {
  return {
    send: async (notification) => {
      service.told.push(notification);
      await service.pass(`tell:${notification.title}`);
    },
  };
}
