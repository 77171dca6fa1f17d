/** Steps of the user's own in a rehearsal: each is shown, and nothing is called. */
import { ProviderError } from '../../domain/errors.ts';
import type { StepPort } from '../../ports/index.ts';
import type { SimulatedWorld } from './world.ts';

/** @param last name of the step that the fault `step-fails` is about */
export function simulatedStep(world: SimulatedWorld, last: string | undefined): StepPort {
  return {
    async perform({ name, undoes }) {
      if (undoes !== null) return { detail: 'simulated: nothing was undone' };
      if (name === last && world.has('step-fails'))
        throw new ProviderError('fatal', 'simulated', 'the step is refused');
      return { detail: 'simulated: nothing was called' };
    },
  };
}
