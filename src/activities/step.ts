/** Steps of the user's own, done and undone. */
import { UserError } from '../domain/errors.ts';
import { excerpt } from '../domain/redact.ts';
import { stillWanted, writeContext } from './attempt.ts';
import type { StepActivities, StepCall } from './step-api.ts';
import type { World } from './world.ts';

export function stepActivities(world: World): StepActivities {
  return {
    performStep: (input) => perform(world, input, null),
    undoStep: (input) => perform(world, { ...input, step: `${input.step}/undo` }, input.step),
  };
}

/** @param undoes key of the round that is undone */
async function perform(
  world: World,
  { targets, step, name, at, action }: StepCall,
  undoes: string | null,
): Promise<{ detail: string }> {
  const port = await world.step(targets, action);
  const { switchId, service, from, to } = targets;
  const context = writeContext(targets, step);
  const key = undoes === null ? null : writeContext(targets, undoes).idempotencyKey;
  // Of a worker that stood still: what it would do now may have been undone meanwhile.
  await stillWanted();
  const done: { readonly detail?: unknown } | undefined = await port.perform(
    { name, at, switchId, service, from, to, undoes: key },
    context,
  );
  if (typeof done?.detail !== 'string') {
    throw new UserError(`step ${name}: the module "${action.use}" returned no \`detail\``, {
      hint: 'return { detail } from perform, one line for people',
    });
  }
  return { detail: excerpt(done.detail) };
}
