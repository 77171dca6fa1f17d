/** The fence before writes to tables. */
import type { Targets } from '../domain/targets.ts';
import type { FencePort } from '../ports/index.ts';
import { stillWanted, writeContext } from './attempt.ts';
import type { FenceActivities } from './fence-api.ts';
import type { World } from './world.ts';

export function fenceActivities(world: World): FenceActivities {
  const open = async (targets: Targets): Promise<FencePort> => {
    const fence = await world.port('fence', targets);
    if (fence === null) throw new Error('the plan names no fence');
    return fence;
  };
  return {
    async freezeTables({ targets, step, turn }) {
      const fence = await open(targets);
      await stillWanted();
      await fence.freeze({ ...writeContext(targets, step), turn });
      return { covers: fence.covers };
    },
    async thawTables({ targets, step, turn }) {
      const fence = await open(targets);
      await fence.thaw({ ...writeContext(targets, step), turn });
      return { covers: fence.covers };
    },
  };
}
