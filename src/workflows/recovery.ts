/**
 * After a switch that was ended from outside: brings everybody to one color, as a rollback does, by a workflow of its own. Its id is
 * the service's, so that no switch can begin meanwhile.
 */
import { allHandlersFinished, CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { Surroundings } from '../activities/api.ts';
import type { Outcome } from '../domain/state.ts';
import { reads } from './activities.ts';
import { installHandlers } from './handlers.ts';
import { checkInput } from './input.ts';
import { rollBack } from './rollback.ts';
import { RollbackCause } from './rollback-cause.ts';
import { SwitchRun } from './run.ts';
import { targetsOf } from '../domain/targets.ts';
import { register, undoable } from './undo.ts';

/** @param given a switch's input with a `reason`; the plan's `from` is where everybody goes. */
export async function recovery(given: unknown): Promise<Outcome> {
  const input = checkInput(given);
  const { reason } = given as { readonly reason?: unknown };
  const run = new SwitchRun(input);
  installHandlers(run);
  // What the dead run had done is not known, so all that a switch can do is undone.
  for (const undo of undoable(run)) register(run, undo);
  const why = typeof reason === 'string' ? reason.slice(0, 500) : 'recovered';
  const outcome = await rollBack(run, new RollbackCause('operator', `${input.startedBy}: ${why}`), true);
  await CancellationScope.nonCancellable(async () => {
    await run.attributesWritten();
    await condition(allHandlersFinished);
  });
  return outcome;
}

/** Where users are, as the edge and both colors say; changes nothing. */
export function surroundings(given: unknown): Promise<Surroundings> {
  const { plan } = checkInput(given);
  const { runId, startTime } = workflowInfo();
  return reads.lookAround({ targets: targetsOf(plan, runId, startTime.getTime()) });
}
