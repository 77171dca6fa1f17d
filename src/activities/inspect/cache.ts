/** Whether a purge of `from`'s cache would have an effect: learned before anything moved, not by a proof that proves nothing. */
import type { Plan } from '../../domain/plan.ts';
import type { Targets } from '../../domain/targets.ts';
import { signal } from '../attempt.ts';
import { popularKeys } from '../popular-keys.ts';
import type { World } from '../world.ts';
import type { Found } from './seen.ts';

/** Popular keys that preflight asks about. */
const ASKED = 50;

export async function cacheDoubts(world: World, plan: Plan, targets: Targets): Promise<readonly Found[]> {
  const cache = await world.port('cache', targets);
  if (cache?.check === undefined) return [];
  // Telemetry that cannot be read is a finding of its own.
  const keys = await popularKeys(world, targets, ASKED).catch(() => []);
  signal().throwIfAborted();
  const doubts = await cache.check(plan.from, keys, signal());
  return doubts.map(({ severity, what, fix }) => ({ code: 'cache-unproved', severity, message: what, fix }));
}
