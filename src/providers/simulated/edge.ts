/**
 * Store, router and native traffic of a simulated world. They keep the promises of real ones; what a native weight can and cannot do
 * is the plan's to say.
 */
import { ProviderError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { TrafficCapabilities } from '../../domain/traffic.ts';
import type { ConfigStorePort, RouterPort, TrafficPort, TrafficReading } from '../../ports/index.ts';
import { manifest, type SimulatedTrafficOptions } from './manifest.ts';
import type { SimulatedWorld } from './world.ts';

const NAME = 'simulated';

export function simulatedStore(world: SimulatedWorld): ConfigStorePort {
  return {
    capabilities: { fencing: 'strong', reads: 'linearizable' },
    async read(signal) {
      signal?.throwIfAborted();
      return world.stored;
    },
    async compareAndSet(next, context) {
      if (world.spend('throttled-once')) {
        throw new ProviderError('retry', NAME, 'simulated edge: 429 Too Many Requests', {
          retryAfterMs: 1000,
        });
      }
      const stored = world.stored;
      const done = stored !== null && canonicalJson(stored) === canonicalJson(next);
      // The same write again (its reply was lost) is done, unless another writer has come since.
      if (done && world.appliedKeys.has(context.idempotencyKey)) return stored;
      const expected = context.follows ?? next.generation - 1;
      if ((stored?.generation ?? 0) !== expected) {
        throw new ProviderError(
          'reread',
          NAME,
          `simulated edge: stored generation is ${stored?.generation ?? 0}, not ${expected}`,
        );
      }
      const { freezeForMs } = context;
      const lease = freezeForMs === undefined ? {} : { freezeUntilMs: Math.ceil(world.now() + freezeForMs) };
      world.history.push({ atMs: world.now(), config: { ...next, ...lease } });
      world.appliedKeys.add(context.idempotencyKey);
      if (world.spend('lost-reply')) {
        throw new ProviderError('retry', NAME, 'simulated edge: connection reset after the write');
      }
      return world.stored ?? next;
    },
    async clock(signal) {
      signal?.throwIfAborted();
      return world.now();
    },
  };
}

export function simulatedRouter(world: SimulatedWorld): RouterPort {
  return {
    capabilities: {
      topologies: ['weight', 'header'],
      isSticky: true,
      propagation: { maxMs: world.delayOf(world.options.regions.at(-1) ?? '') },
    },
    async observe() {
      const now = world.now();
      return world.options.regions.map((region) => {
        const seen = world.seenBy(region, now);
        return {
          region,
          generation: seen?.generation ?? 0,
          weightPercent: seen?.weightPercent ?? 0,
          error: null,
          defaultColor: world.options.from,
          nowMs: now,
          ...(seen === null ? {} : { writer: seen.writer }),
        };
      });
    },
  };
}

export function simulatedTraffic(world: SimulatedWorld, options: SimulatedTrafficOptions): TrafficPort {
  const { memory = 'tagged', lagMs = 0 } = options;
  const capabilities = manifest.ports.traffic.capabilities(options);
  world.deals = { lagMs, isSticky: capabilities.isSticky };
  const reading = (): TrafficReading => {
    const { weightPercent, writer, generation } = world.weightAt(world.now());
    if (memory === 'none') return { weightPercent };
    return memory === 'named' ? { weightPercent, writer } : { weightPercent, writer, generation };
  };
  return {
    capabilities,
    async readBack(signal) {
      signal?.throwIfAborted();
      return reading();
    },
    async apply(change, context) {
      context.signal?.throwIfAborted();
      const { weightPercent, generation } = change;
      const last = world.weights.at(-1);
      const isAgain = last?.writer === context.idempotencyKey && last.generation === generation;
      if (isAgain) return reading();
      if (memory === 'tagged' && last !== undefined && last.writer !== null && generation < last.generation) {
        throw new ProviderError('reread', NAME, `simulated traffic: generation ${last.generation} set it`);
      }
      const refusal = refusalOf(capabilities, weightPercent, last?.weightPercent ?? 0);
      if (refusal !== null) throw new ProviderError('fatal', NAME, `simulated traffic: ${refusal}`);
      world.weights.push({ atMs: world.now(), weightPercent, writer: context.idempotencyKey, generation });
      return reading();
    },
  };
}

function refusalOf(
  { canLower, stages, maxPercent }: TrafficCapabilities,
  weightPercent: number,
  standing: number,
): string | null {
  if (!canLower && weightPercent < standing) return `${standing} % cannot be lowered to ${weightPercent} %`;
  if (weightPercent > maxPercent) return `${weightPercent} % is over ${maxPercent} %`;
  // Nobody at all is no stage: it is how every vendor begins.
  if (stages === null || weightPercent === 0 || stages.includes(weightPercent)) return null;
  return `${weightPercent} % is none of its stages`;
}
