/** Reads what stands at the edge and how both colors are, for people who must decide; what cannot be read is said. */
import type { Activities } from './api.ts';
import { signal } from './attempt.ts';
import { healthOf, stateOf } from './edge.ts';
import type { World } from './world.ts';

export function surroundingsActivities(world: World): Pick<Activities, 'lookAround'> {
  return {
    async lookAround({ targets }) {
      const edge = async (): Promise<
        Pick<Awaited<ReturnType<Activities['lookAround']>>, 'edge' | 'edgeProblem'>
      > => {
        try {
          const [store, traffic] = await Promise.all([
            world.port('store', targets),
            world.port('traffic', targets),
          ]);
          const stored = await store.read(signal());
          const state = stored === null ? null : await stateOf(stored, { traffic }, targets);
          return { edge: state, edgeProblem: null };
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
