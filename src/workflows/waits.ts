/**
 * How a switch waits: always for one thing, with a deadline and a default action, while gates keep judging. Under a pause every
 * other wait stands still; only the pause's own deadline runs.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import { missingApprovals } from '../domain/approval.ts';
import type { Deadline } from '../domain/plan.ts';
import type { Stage } from '../domain/stage.ts';
import type { Wait } from '../domain/state.ts';
import { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';
import { sentinel } from './sentinel.ts';
import { summaryOf } from './summaries.ts';

type WaitFor = Pick<Wait, 'kind' | 'what' | 'stage' | 'gates'>;

const DAY_MS = 24 * 3_600_000;

const THEN: Readonly<Record<Deadline['then'], string>> = {
  rollback: 'roll back',
  pause: 'stay as it is and ask again',
  proceed: 'go on',
};

/** Waits for the approvals that the plan asks for before `stage`; they may have come ahead of time. */
export async function approval(run: SwitchRun, stage: Stage): Promise<void> {
  const asked = run.plan.approvals.find((one) => one.before === stage);
  if (asked === undefined) return;
  const missing = (): number =>
    missingApprovals(
      asked,
      run.state.approvals.filter((one) => one.stage === stage).map((one) => one.by),
    );
  if (missing() <= 0) return;
  const who = asked.approvers.length === 0 ? 'anybody' : asked.approvers.join(' or ');
  const what = `approval of ${stage} (${missing()} of ${who})`;
  await run.tell('info', `Approval needed: ${stage}`, `${what}. ${describeDeadline(asked.deadline)}`);
  await wait(run, { kind: 'approval', what, stage }, () => missing() <= 0, asked.deadline);
}

/** Where a pause takes effect. */
export async function pausePoint(run: SwitchRun): Promise<void> {
  while (run.state.pause !== null) {
    const what = `resume (paused by ${run.state.pause.by})`;
    await wait(run, { kind: 'paused', what }, () => run.state.pause === null, run.plan.pause);
    // Only `proceed` ends the wait with the pause still on: the plan itself resumes then.
    if (run.state.pause !== null) resumeByPlan(run);
  }
}

function resumeByPlan(run: SwitchRun): void {
  const command = { name: 'resume', by: 'the plan', commandId: `pause-deadline-${run.log.count}` } as const;
  run.emit({ type: 'commanded', command, answer: 'the pause has lasted as long as the plan allows' });
}

/**
 * Asks the operator: `approve` says go on, an override of the wait, or of every gate named in `about`, says skip; a rollback is
 * always possible.
 */
export async function question(
  run: SwitchRun,
  what: string,
  deadline: Deadline,
  about: { readonly gates?: Wait['gates'] } = {},
): Promise<'approved' | 'overridden'> {
  const { stage } = run.state;
  const { gates = [] } = about;
  const asked = run.state.overrides.length;
  const sinceMs = Date.now();
  const approved = () => run.state.approvals.some((one) => one.stage === stage && one.atMs >= sinceMs);
  const ignored = () => run.state.overrides.map((one) => one.gate);
  const overridden = () =>
    run.state.overrides.slice(asked).some((one) => one.gate === null) ||
    (gates.length > 0 && gates.every((gate) => ignored().includes(gate)));
  await run.tell('warning', `Waiting for a decision in ${stage}`, `${what}. ${describeDeadline(deadline)}`);
  await wait(run, { kind: 'question', what, stage, gates }, () => approved() || overridden(), deadline);
  return overridden() ? 'overridden' : 'approved';
}

function describeDeadline(deadline: Deadline): string {
  return `Without an answer by ${new Date(Date.now() + deadline.afterMs).toISOString()}: ${THEN[deadline.then]}.`;
}

/** Ends by `done`, by an override of what is waited for, or by the deadline's default action. */
export async function wait(
  run: SwitchRun,
  waitFor: WaitFor,
  done: () => boolean,
  deadline: Deadline,
): Promise<void> {
  const overrides = run.state.overrides.length;
  // An approval ends by its approvers, a pause by a resume; everything else may be overridden.
  const isOverridden = () =>
    waitFor.kind !== 'approval' &&
    waitFor.kind !== 'paused' &&
    run.state.overrides.slice(overrides).some((one) => one.gate === null);
  const isOver = () => done() || isOverridden();
  const stands = () => waitFor.kind !== 'paused' && run.state.pause !== null;
  let leftMs: number | null = null;
  let againMs = run.plan.pause.afterMs / 2;
  for (;;) {
    if (stands() && !isOver()) await pausePoint(run);
    // After the pause: that may be what the run before this one was waiting in.
    leftMs ??= leftOf(run, waitFor) ?? deadline.afterMs;
    const sinceMs = Date.now();
    // Past the point of no return there is no rollback to fall back on: silence means asking again.
    const then = deadline.then === 'rollback' && run.state.pastNoReturn ? 'pause' : deadline.then;
    run.emit({
      type: 'waiting',
      wait: { ...waitFor, sinceMs, deadlineMs: sinceMs + leftMs, then: THEN[then] },
    });
    const inTime = await judgedMeanwhile(
      run,
      { forMs: leftMs, what: waitFor.what },
      () => isOver() || stands(),
    );
    run.goOnUnlessPastNoReturn();
    if (inTime && !isOver()) {
      leftMs = Math.max(1, leftMs - (Date.now() - sinceMs));
      run.emit({ type: 'waited', how: 'paused' });
      continue;
    }
    run.emit({
      type: 'waited',
      how: inTime ? (done() ? 'done' : 'overridden') : `deadline: ${then}`,
    });
    if (inTime || then === 'proceed') return;
    if (then === 'rollback') {
      throw new RollbackCause('deadline', `nobody answered in time: ${waitFor.what}`);
    }
    // Standing still is the safe answer to silence: ask again, louder, as long as it takes.
    await run.tell('error', 'Still waiting', `${waitFor.what}: the deadline has passed`);
    // Twice as long each time, at most a day: a switch that nobody looks at for months must not fill its history.
    againMs = Math.max(run.plan.pause.afterMs, Math.min(2 * againMs, DAY_MS));
    leftMs = againMs;
  }
}

/** True when `isOver` within `forMs`; gates are judged all the while, and a red one ends it by `RollbackCause`. */
async function judgedMeanwhile(
  run: SwitchRun,
  { forMs, what }: { forMs: number; what: string },
  isOver: () => boolean,
): Promise<boolean> {
  const scope = new CancellationScope();
  try {
    return await scope.run(() => {
      const over = condition(isOver, forMs, { summary: summaryOf(`deadline: ${what}`) });
      return run.state.pastNoReturn ? over : Promise.race([over, sentinel(run, forMs)]);
    });
  } finally {
    scope.cancel();
  }
}

/** What was left of the same wait when the run before this one was continued as new. */
function leftOf(run: SwitchRun, waitFor: WaitFor): number | null {
  const before = run.interrupted;
  // Either the first wait of this run is the one that was interrupted, or that one is over.
  run.interrupted = null;
  if (before === null || before.kind !== waitFor.kind || before.stage !== waitFor.stage) return null;
  return before.deadlineMs === null ? null : Math.max(1, before.deadlineMs - Date.now());
}
