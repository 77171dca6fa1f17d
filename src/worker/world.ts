/** The real world of a worker: providers by the plan's references, probes by its set, and the wall clock. */
import type { Targets } from '../activities/api.ts';
import { plannedPorts, type World } from '../activities/world.ts';
import { portRefs } from '../domain/plan.ts';
import { redact } from '../domain/redact.ts';
import type { ProviderScope } from '../ports/index.ts';
import { closePorts, openPort } from '../providers/open.ts';
import { askEntries } from './pinned-entries.ts';
import { closeProbers, openProber } from './prober.ts';
import { replayRequest } from './replay.ts';
import { serviceEnvironments } from './service-env.ts';

export function realWorld(env: ProviderScope['env']): World {
  const environment = serviceEnvironments(env);
  const used = new Set<ProviderScope['env']>();
  const scope = (targets: Targets): ProviderScope => {
    const its = environment(targets.service);
    used.add(its);
    return scopeOf(targets, its);
  };
  return {
    now: () => Date.now(),
    realTime: true,
    port: plannedPorts((name, ref, t) => openPort(name, ref, scope(t), portRefs(t.providers))),
    prober: (t, probes) => openProber(scope(t), probes),
    async custom(t, gate, window, context) {
      const port = await openPort('gate', { use: gate.kind }, scope(t));
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
    async close() {
      await Promise.all([...used].flatMap((its) => [closePorts({ env: its }), closeProbers({ env: its })]));
    },
    pinned: (t, color, signal) => askEntries(scope(t), color, signal),
    replay: (t, color, request, signal) => replayRequest(scope(t), color, request, signal),
  };
}

function scopeOf(targets: Targets, env: ProviderScope['env']): ProviderScope {
  const { service, from, to, entry, colorUrls } = targets;
  return { service, from, to, entry, colorUrls, env };
}
