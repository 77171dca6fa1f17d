/** The point of no return: `from` is retired by its provider. From here the way forward is a new switch. */
import { ActivityFailure, CancellationScope } from '@temporalio/workflow';
import { reads, writes } from '../activities.ts';
import { drift, recordRead } from '../edge.ts';
import { deepest, unseen } from '../failure.ts';
import type { SwitchRun } from '../run.ts';
import { stepsOf } from '../steps.ts';
import { pausePoint, question, wait } from '../waits.ts';

export async function decommission(run: SwitchRun): Promise<string> {
  const { from, to } = run.plan;
  await keptFor(run);
  await stepsOf(run, 'before-decommission');
  // A pause may come while it is looked at, and what was seen before a pause is hours old after it.
  do {
    await pausePoint(run);
    await emptyOfUsersAndJobs(run);
  } while (run.state.pause !== null);
  run.passNoReturn();
  run.emit({
    type: 'note',
    text: `${to} is the color of record now: set the router's DEFAULT_COLOR to ${to}`,
  });
  if (!run.plan.decommission.retire) return `${from} is left as it is, read-only, as the plan says`;
  return CancellationScope.nonCancellable(() => retire(run));
}

/** The longest way back that the plan pays for. */
async function keptFor(run: SwitchRun): Promise<void> {
  const { from, decommission } = run.plan;
  // A run that continues one which already asked something in this stage has kept it long enough.
  if (!(decommission.keepMs > 0) || run.interrupted?.kind === 'question') return;
  const what = `${from} is kept as it is for a while, so that everybody can still go back; override to end it now`;
  await wait(run, { kind: 'backoff', what }, () => false, { afterMs: decommission.keepMs, then: 'proceed' });
}

/** Looked at once more, right before: a color that still serves users or holds jobs is not retired unasked. */
async function emptyOfUsersAndJobs(run: SwitchRun): Promise<void> {
  const { from, decommission: plan } = run.plan;
  for (;;) {
    const open = await objections(run).catch((cause: unknown) => [
      `it could not be looked at: ${unseen(cause)}`,
    ]);
    if (open.length === 0) return;
    const what = `${from} cannot be retired yet: ${open.join('; ')}. Mend it and approve to look again, override to retire it all the same`;
    if ((await question(run, what, plan.deadline)) === 'overridden') return;
  }
}

async function objections(run: SwitchRun): Promise<string[]> {
  const { from } = run.plan;
  const { edge, jobs } = await reads.lookBeforeRetire({ targets: run.targets, color: from });
  recordRead(run, 'before decommission', edge);
  const open: string[] = [];
  const changed = drift(run, edge);
  if (changed !== null) open.push(changed);
  if (jobs !== null && jobs.ready + jobs.inFlight + jobs.delayed > 0) {
    const { ready, inFlight, delayed } = jobs;
    open.push(`${from}'s queue holds ${ready} ready, ${inFlight} in flight, ${delayed} delayed`);
  }
  return open;
}

/** When a color cannot be retired a person decides; traffic stays where it is. */
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
      if ((await question(run, what, run.plan.decommission.deadline)) === 'overridden')
        return `${from} is left running, read-only: ${why}`;
    }
  }
}
