/**
 * The oracle: every invariant by name. It knows what a legal world is and shares no code with the engine, only its types.
 */
import type { Ended, Invariant } from './ended.ts';
import * as history from './history.ts';
import * as jobs from './jobs.ts';
import * as operators from './operators.ts';
import * as outcome from './outcome.ts';
import * as steps from './steps.ts';
import * as traffic from './traffic.ts';
import * as vendor from './vendor.ts';
import * as words from './words.ts';

export interface Violation {
  readonly invariant: string;
  readonly what: string;
  readonly ended: Ended;
}

export const INVARIANTS: Readonly<Record<string, Invariant>> = {
  'workflow-task-never-fails': history.taskNeverFails,
  'activity-has-no-bug': history.activityHasNoBug,
  'always-ends': history.alwaysEnds,
  'one-outcome': outcome.oneOutcome,
  'completed-is-true': outcome.completedIsTrue,
  'rolled-back-is-true': outcome.rolledBackIsTrue,
  'refused-touches-nothing': outcome.refusedTouchesNothing,
  'retired-only-when-completed': outcome.retiredOnlyWhenCompleted,
  'retired-only-when-empty': outcome.retiredOnlyWhenEmpty,
  'retired-only-when-approved': operators.retiredOnlyWhenApproved,
  'stage-only-when-approved': operators.stageOnlyWhenApproved,
  'rollback-is-obeyed': operators.rollbackIsObeyed,
  'rollback-in-time': operators.rollbackInTime,
  'nothing-forward-after-rollback': operators.nothingForwardAfterRollback,
  'pause-is-safe': operators.pauseIsSafe,
  'no-job-lost': jobs.noJobLost,
  'no-job-twice': jobs.noJobTwice,
  'jobs-are-back': jobs.jobsAreBack,
  'dead-letters-as-before': jobs.deadLettersAsBefore,
  'drained-before-flip': jobs.drainedBeforeFlip,
  'frozen-before-flip': traffic.frozenBeforeFlip,
  'read-only-takes-no-write': traffic.readOnlyTakesNoWrite,
  'freeze-is-bounded': traffic.freezeIsBounded,
  'users-are-monotone': traffic.usersAreMonotone,
  'generations-grow': traffic.generationsGrow,
  'strangers-are-asked-about': traffic.strangersAreAskedAbout,
  'vendor-follows': vendor.vendorFollows,
  'weights-are-monotone': vendor.weightsAreMonotone,
  'strangers-weight-is-asked-about': vendor.strangersWeightIsAskedAbout,
  'ended-runs-are-silent': traffic.endedRunsAreSilent,
  'steps-once': steps.stepsOnce,
  'steps-done': steps.stepsDone,
  'steps-back': steps.stepsBack,
  'steps-in-reverse': steps.stepsInReverse,
  'steps-at-their-place': steps.stepsAtTheirPlace,
  'queries-answer': history.queriesAnswer,
  'history-is-bounded': history.historyIsBounded,
  'payloads-are-bounded': history.payloadsAreBounded,
  'waits-are-owned': words.waitsAreOwned,
  'no-data-is-no-pass': words.noDataIsNoPass,
  'report-is-there': words.reportIsThere,
  'status-is-true': words.statusIsTrue,
  'writes-said-are-writes': words.writesSaidAreWrites,
};

export function judgeSwitch(ended: Ended): Violation[] {
  return Object.entries(INVARIANTS).flatMap(([invariant, holds]) =>
    [...holds(ended)].map((what) => ({ invariant, what, ended })),
  );
}
