/** The real world of a worker: providers by the plan's references, probes by its set, and the wall clock. */
import type { Targets } from '../activities/api.ts';
import type { World } from '../activities/world.ts';
import { redact } from '../domain/redact.ts';
import { closePorts, openPort, openCachePort, openGatePort } from '../providers/open.ts';
import type { ProviderScope } from '../providers/ports.ts';
import { askEntries } from './pinned-entries.ts';
import { closeProbers, openProber } from './prober.ts';
import { replayRequest } from './replay.ts';
import { serviceEnvironments } from './service-env.ts';

export function realWorld(env: ProviderScope['env']): World {
  const environment = serviceEnvironments(env);
  const scope = (targets: Targets): ProviderScope => scopeOf(targets, environment(targets.service));
  return {
    now: () => Date.now(),
    realTime: true,
    edge: (t) => openPort('edge', t.providers.edge, scope(t)),
    color: (t) => openPort('color', t.providers.color, scope(t)),
    queue: async (t) => (t.providers.queue === null ? null : openPort('queue', t.providers.queue, scope(t))),
    cache: async (t) =>
      t.providers.cache === null ? null : openCachePort(t.providers.cache, t.providers.edge, scope(t)),
    warmup: async (t) =>
      t.providers.warmup === null ? null : openPort('warmup', t.providers.warmup, scope(t)),
    telemetry: (t) => openPort('telemetry', t.providers.telemetry, scope(t)),
    notifiers: (t) => Promise.all(t.providers.notify.map((ref) => openPort('notify', ref, scope(t)))),
    evidence: (t) => openPort('evidence', t.providers.evidence, scope(t)),
    prober: (t, probes) => openProber(scope(t), probes),
    async custom(t, gate, window, context) {
      const port = await openGatePort(gate.kind, scope(t));
      const { from, to, switchId } = t;
      const { step, fromMs: windowFromMs, toMs: windowToMs } = window;
      const { name, options } = gate;
      const judged = await port.judge(
        { name, options, switchId, step, from, to, windowFromMs, windowToMs },
        context,
      );
      return { ...judged, reason: redact(judged.reason) };
    },
    async release(t) {
      await Promise.all([closePorts(scope(t)), closeProbers(scope(t))]);
    },
    pinned: (t, color, signal) => askEntries(scope(t), color, signal),
    replay: (t, color, request, signal) => replayRequest(scope(t), color, request, signal),
  };
}

function scopeOf(targets: Targets, env: ProviderScope['env']): ProviderScope {
  const { service, from, to, entry, colorUrls } = targets;
  return { service, from, to, entry, colorUrls, env };
}
