/** Reads what stands at the edge and how both colors are, for people who must decide; what cannot be read is said. */
import type { Activities } from './api.ts';
import { edgeStateOf, healthOf } from './edge.ts';
import type { World } from './world.ts';

export function surroundingsActivities(world: World): Pick<Activities, 'lookAround'> {
  return {
    async lookAround({ targets }) {
      const edge = async (): Promise<
        Pick<Awaited<ReturnType<Activities['lookAround']>>, 'edge' | 'edgeProblem'>
      > => {
        try {
          return { edge: await edgeStateOf(world, targets), edgeProblem: null };
        } catch (cause) {
          return { edge: null, edgeProblem: cause instanceof Error ? cause.message : String(cause) };
        }
      };
      const [standing, blue, green] = await Promise.all([
        edge(),
        healthOf(world, targets, 'blue'),
        healthOf(world, targets, 'green'),
      ]);
      return { ...standing, health: { blue, green } };
    },
  };
}
