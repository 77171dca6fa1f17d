/** The point of no return: `from` is retired by its provider. From here the way forward is a new switch. */
import { ActivityFailure, CancellationScope } from '@temporalio/workflow';
import { writes } from '../activities.ts';
import { deepest, type SwitchRun } from '../run.ts';

export async function decommission(run: SwitchRun): Promise<string> {
  const { from } = run.plan;
  if (!run.plan.decommission.retire) return `${from} is left as it is, read-only, as the plan says`;
  run.emit({ type: 'no-return', color: from });
  return CancellationScope.nonCancellable(() => retire(run));
}

/** A color that cannot be retired is a person's business; traffic stays where it is. */
async function retire(run: SwitchRun): Promise<string> {
  const { from } = run.plan;
  for (;;) {
    try {
      const { detail } = await writes.retire({ targets: run.targets, step: 'retire', color: from });
      return `${from} retired: ${detail}`;
    } catch (cause) {
      if (!(cause instanceof ActivityFailure)) throw cause;
      const why = deepest(cause);
      const what = `${from} could not be retired: ${why}; approve to try again, override to leave it running`;
      if ((await run.question(what, run.plan.decommission.deadline)) === 'overridden')
        return `${from} is left running, read-only: ${why}`;
    }
  }
}
