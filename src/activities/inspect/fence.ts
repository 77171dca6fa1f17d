/** Whether the fence of tables would hold, and open again. */
import type { Targets } from '../../domain/targets.ts';
import { signal } from '../attempt.ts';
import type { World } from '../world.ts';
import type { Found } from './seen.ts';

export async function fenceDoubts(world: World, targets: Targets): Promise<readonly Found[]> {
  const fence = await world.port('fence', targets);
  const doubts = (await fence?.check(signal())) ?? [];
  return doubts.map(({ severity, what, fix }) => ({ code: 'fence-unproved', severity, message: what, fix }));
}
