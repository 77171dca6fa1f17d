/**
 * Provider `simulated`: a made-up service for `cutover rehearse` and for tests.
 * Invariant: all references with the same `world` name share one world in this process; nothing real is touched.
 */
import { UserError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { parseOptions } from '../options.ts';
import { defineProvider, type ProviderScope } from '../../ports/index.ts';
import { simulatedRouter, simulatedStore, simulatedTraffic } from './edge.ts';
import { manifest } from './manifest.ts';
import {
  simulatedCache,
  simulatedColor,
  simulatedCounts,
  simulatedQueue,
  simulatedTelemetry,
  simulatedWarmup,
} from './ports.ts';
import { SimulatedWorld } from './world.ts';

const worlds = new Map<string, SimulatedWorld>();

/** The world of that name, or undefined when no port of it was opened yet. */
export function findWorld(name: string): SimulatedWorld | undefined {
  return worlds.get(name);
}

/** Puts a world in place of what references of that name would make, e.g. with a clock of its own. */
export function setWorld(name: string, world: SimulatedWorld): void {
  worlds.set(name, world);
}

/** Forgets a world when its rehearsal has ended. */
export function dropWorld(name: string): void {
  worlds.delete(name);
}

function worldOf(port: string): (ref: ProviderRef, scope: ProviderScope) => SimulatedWorld {
  return (ref, scope) => {
    const { world: name = scope.service, ...options } = parseOptions(manifest.ports.edge, ref, port);
    const known = worlds.get(name);
    if (known !== undefined) {
      if (known.options.service === scope.service && known.options.to === scope.to) return known;
      throw new UserError(`simulated world "${name}" belongs to another rehearsal`, {
        hint: 'give each rehearsal a `world` name of its own',
      });
    }
    const regions = scope.entry.map((entry) => entry.region);
    // `undefined` members of the parsed options would override the world's defaults.
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const world = new SimulatedWorld({
      service: scope.service,
      from: scope.from,
      to: scope.to,
      regions,
      ...given,
    });
    worlds.set(name, world);
    return world;
  };
}

export const provider = defineProvider({
  name: 'simulated',
  store: (ref, scope) => simulatedStore(worldOf('store')(ref, scope)),
  router: (ref, scope) => simulatedRouter(worldOf('router')(ref, scope)),
  traffic: (ref, scope) => {
    const { world, ...options } = parseOptions(manifest.ports.traffic, ref, 'traffic');
    const named = world === undefined ? { use: ref.use } : { use: ref.use, world };
    return simulatedTraffic(worldOf('traffic')(named, scope), options);
  },
  queue: (ref, scope) => simulatedQueue(worldOf('queue')(ref, scope)),
  cache: (ref, scope) => simulatedCache(worldOf('cache')(ref, scope)),
  warmup: (ref, scope) => simulatedWarmup(worldOf('warmup')(ref, scope)),
  color: (ref, scope) => simulatedColor(worldOf('color')(ref, scope)),
  telemetry: (given, scope) => {
    const { counts, ...ref } = given;
    parseOptions(manifest.ports.telemetry, given, 'telemetry');
    const world = worldOf('telemetry')(ref, scope);
    return counts === undefined ? simulatedTelemetry(world) : simulatedCounts(world);
  },
});

export { FAULT_NAMES, FAULTS, type Fault } from './faults.ts';
export { simulatedStep } from './step.ts';
export { simulateGrid, SIMULATED_CALIBRATION } from './probes.ts';
export { SimulatedWorld, type WorldOptions } from './world.ts';
