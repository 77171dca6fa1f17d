/** The point of no return: `from` is retired by its provider. From here the way forward is a new switch. */
import { CancellationScope } from '@temporalio/workflow';
import { writes } from '../activities.ts';
import type { SwitchRun } from '../run.ts';

export async function decommission(run: SwitchRun): Promise<string> {
  const { from } = run.plan;
  if (!run.plan.decommission.retire) return `${from} is left as it is, read-only, as the plan says`;
  run.emit({ type: 'no-return', color: from });
  const { detail } = await CancellationScope.nonCancellable(() =>
    writes.retire({ targets: run.targets, step: 'retire', color: from }),
  );
  return `${from} retired: ${detail}`;
}
