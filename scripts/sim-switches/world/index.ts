/** The world of the activities: each switch is led to the simulated service of its name, through ports only. */
import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import type { Targets } from '../../../src/domain/targets.ts';
import { plannedPorts, type PlannedPort, type World } from '../../../src/activities/world.ts';
import type { Probe } from '../../../src/domain/probe.ts';
import type { CachePort, EvidencePort, NotifyPort, Ports, WarmupPort } from '../../../src/ports/index.ts';
import type { Service } from './service.ts';
import { stepOf } from './steps.ts';
import { telemetryOf } from './telemetry.ts';

export function worldOf(services: ReadonlyMap<string, Service>): World {
  const of = (targets: Targets): Service => {
    const service = services.get(targets.service);
    if (service === undefined) throw new Error(`no simulated service ${targets.service}`);
    service.tick(targets.switchId, activityInfo().currentAttemptScheduledTimestampMs);
    return service;
  };
  const here = (): Service | undefined => {
    const name = activityInfo().workflowExecution?.workflowId.split('/')[1] ?? '';
    return services.get(name);
  };
  return {
    // The worker's own clock: the switch's, wrong by so much.
    now: () => activityInfo().currentAttemptScheduledTimestampMs + (here()?.skewMs ?? 0),
    realTime: false,
    port: plannedPorts((name, _, targets) => PORTS[name](of(targets), targets.switchId)),
    prober: async (_, { digest }) => ({
      setDigest: digest,
      corpusHash: 'c',
      embedderId: 'e',
      calibration: null,
      probes: PROBES,
      round: () => [],
      run: async () => [],
    }),
    custom: async (targets, { name }) => {
      const service = of(targets);
      return service.call(targets.switchId, 'custom', () => {
        const sick = service.faults.at('sick', service.nowMs, (one) => one.side === 'to') !== null;
        const verdict = sick ? 'fail' : 'pass';
        service.ledger.note(service.nowMs, { kind: 'custom', runId: targets.switchId, verdict });
        return { name, verdict, reason: sick ? 'to is sick' : 'well', from: 1, to: 1, n: 100 };
      });
    },
    step: async (targets) => stepOf(of(targets), targets.switchId),
    pinned: async (targets) => targets.entry.map(({ region }) => ({ region, fault: null })),
    replay: async () => null,
  };
}

const PORTS: { readonly [P in PlannedPort]: (service: Service, runId: string) => Ports[P] } = {
  store: ({ edge }, runId) => edge.port(runId),
  router: ({ edge }, runId) => edge.router(runId),
  traffic: ({ vendor }, runId) => vendor.port(runId),
  color: ({ colors }, runId) => colors.port(runId),
  queue: ({ queues }, runId) => queues.port(runId),
  cache: cacheOf,
  fence: () => {
    throw new Error('no plan has a fence here');
  },
  warmup: warmupOf,
  telemetry: telemetryOf,
  notify: notifierOf,
  evidence: evidenceOf,
};

const PROBES = Array.from(
  { length: 60 },
  (_, index) => ({ topic: 't', answerable: true, targets: [], id: `q${index}` }) as unknown as Probe,
);

function cacheOf(service: Service, runId: string): CachePort {
  return {
    purge: (color) => service.call(runId, 'cache.purge', () => ({ namespace: `${service.name}:${color}` })),
    verifyPurged: (_, keys) =>
      service.call(runId, 'cache.verify', () => ({
        checked: keys.length,
        stillCached: service.faults.spend('still-cached', service.nowMs) === null ? 0 : 2,
      })),
    prime: (_, keys) => service.call(runId, 'cache.prime', () => ({ primed: keys.length, failed: 0 })),
  };
}

function warmupOf(service: Service, runId: string): WarmupPort {
  return {
    warm: (color, pings) =>
      service.call(runId, 'warmup.warm', () => {
        service.colors.warm.add(color);
        service.ledger.note(service.nowMs, { kind: 'warmed', color, runId });
        const cold = service.faults.spend('cold', service.nowMs) === null ? 0 : 3;
        return { sent: pings, cold, failed: 0, failure: null };
      }),
    release: (color) =>
      service.call(runId, 'warmup.release', () => {
        service.colors.warm.delete(color);
        service.ledger.note(service.nowMs, { kind: 'released', color, runId });
      }),
  };
}

function notifierOf(service: Service, runId: string): NotifyPort {
  return {
    send: async () => {
      await service.call(runId, 'notify.send', () => {
        if (service.faults.at('notifier-away', service.nowMs) !== null)
          throw service.failure('retry', 'the webhook does not answer');
      });
      await service.asked();
    },
  };
}

function evidenceOf(service: Service, runId: string): EvidencePort {
  const reach = (): void => {
    if (service.faults.at('evidence-away', service.nowMs) !== null)
      throw service.failure('retry', 'the evidence store does not answer');
  };
  return {
    put: (value) =>
      service.call(runId, 'evidence.put', () => {
        reach();
        const digest = createHash('sha256').update(JSON.stringify(value)).digest('hex');
        service.evidence.set(digest, value);
        return digest;
      }),
    get: (digest) =>
      service.call(runId, 'evidence.get', () => {
        reach();
        const found = service.evidence.get(digest);
        if (found === undefined) throw new Error(`no evidence with digest ${digest}`);
        return structuredClone(found);
      }),
    publish: (switchId, name, content) =>
      service.call(runId, 'evidence.publish', () => {
        reach();
        service.evidence.set(`${switchId}/${name}`, content);
        return `memory:${service.name}/${name}`;
      }),
    published: (switchId, name) =>
      service.call(runId, 'evidence.published', () => {
        reach();
        return String(service.evidence.get(`${switchId}/${name}`));
      }),
  };
}
