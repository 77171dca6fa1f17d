/**
 * The fence before writes to tables, in plans that have one: up inside the freeze once jobs are drained, since consumers write too; down
 * before users may write again.
 *
 * Invariant: a turn is the workflow's time, so it is higher for whatever comes later, be it a rollback or another switch.
 */
import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import { fencing, LEAST_MS, rollbacks, writes } from './activities.ts';
import { deepest } from './failure.ts';
import type { SwitchRun } from './run.ts';

/** @returns why the tables are not fenced; null when they are, or when the plan has no fence */
export async function fenceTables(run: SwitchRun, attempt: number, budgetMs: number): Promise<string | null> {
  if (run.plan.providers.fence === undefined) return null;
  const input = { targets: run.targets, step: `fence-${attempt}`, turn: Date.now() };
  try {
    const { covers } = await fencing(Math.max(LEAST_MS, budgetMs)).freezeTables(input);
    run.emit({ type: 'note', text: `writes to ${covers} are refused by the database` });
    return null;
  } catch (cause) {
    if (!(cause instanceof ActivityFailure) || isCancellation(cause)) throw cause;
    return `tables could not be fenced: ${deepest(cause)}`;
  }
}

export async function openTables(run: SwitchRun, attempt: number): Promise<void> {
  if (run.plan.providers.fence === undefined) return;
  const input = { targets: run.targets, step: `unfence-${attempt}`, turn: Date.now() };
  const { covers } = await writes.thawTables(input);
  run.emit({ type: 'note', text: `${covers} take writes again` });
}

/** As a rollback does it: it never gives up. */
export async function reopenTables(run: SwitchRun): Promise<string> {
  const input = { targets: run.targets, step: 'rollback-fence', turn: Date.now() };
  const { covers } = await rollbacks.thawTables(input);
  return `${covers} take writes`;
}
