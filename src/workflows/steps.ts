/**
 * Steps of the user's own. Each is bounded in time, has one key for all its tries, and is in the register of undo before it is tried.
 * One that fails is put to a person; in the freeze everything of the attempt is unwound first.
 */
import { ActivityFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { StepCall } from '../activities/step-api.ts';
import { formatDuration } from '../domain/duration.ts';
import { FINAL_FAILURES } from '../domain/failure-type.ts';
import {
  isKept,
  isOver,
  mayStand,
  nextRound,
  stepKey,
  stepsAt,
  undoName,
  type Standing,
} from '../domain/own-step.ts';
import type { Deadline, OwnStep, StepPlace } from '../domain/plan.ts';
import type { StepHow } from '../domain/state.ts';
import { LEAST_MS, ownSteps, stepUndos } from './activities.ts';
import { deepest, hasFailureType } from './failure.ts';
import { performed } from './performed.ts';
import type { SwitchRun } from './run.ts';
import { pausePoint, question } from './waits.ts';

/** On the way forward an undo is tried this long at least before a person is asked, ms. */
const UNDO_ASKS_AFTER_MS = 60_000;

/** Returns when every step of that place is done, or left out by a person's word. */
export async function stepsOf(run: SwitchRun, at: Exclude<StepPlace, 'frozen'>): Promise<void> {
  for (const step of stepsAt(run.plan, at)) {
    while (!isOver(run.state, step)) {
      await pausePoint(run);
      const failure = await tried(run, step);
      if (failure === null) continue;
      const what = `${failure.why}. Mend it and approve to try again, override to go on without it`;
      if ((await question(run, what, deadlineOf(run, at))) === 'overridden') leaveOut(run, step);
    }
  }
}

export interface StepFailure {
  readonly step: OwnStep;
  readonly why: string;
  /** Another try would fail alike. */
  readonly isFinal: boolean;
}

/**
 * Inside the freeze nobody is asked: the first failure ends it.
 * @param untilMs end of the freeze. What stood still meanwhile, a worker perhaps, takes from the time of a step: after it users write again.
 */
export async function frozenSteps(run: SwitchRun, untilMs: number): Promise<StepFailure | null> {
  for (const step of stepsAt(run.plan, 'frozen')) {
    if (isOver(run.state, step)) continue;
    const leftMs = untilMs - Date.now();
    if (leftMs < LEAST_MS) {
      return { step, why: `the freeze ran out before ${undoName(step)}`, isFinal: false };
    }
    const failure = await tried(run, step, Math.min(step.withinMs, leftMs));
    if (failure !== null) return failure;
  }
  return null;
}

/** Undoes what was done in a freeze that did not end in a flip. What cannot be undone is put to a person. */
export async function unwindSteps(run: SwitchRun): Promise<void> {
  for (const one of mayStand(run.state)) {
    const { step, standing } = one;
    if (step.at !== 'frozen' || isKept(run.state, step)) continue;
    for (let isLeft = false; !isLeft;) {
      const failure = await undone(run, one);
      if (failure === null) break;
      const what = `${failure}. Mend it and approve to undo it again, override to leave it`;
      isLeft = (await question(run, what, run.plan.cutover.deadline)) === 'overridden';
      if (isLeft) said(run, standing, 'left', failure);
    }
  }
}

/** By a person's word the switch goes on without it. */
export function leaveOut(run: SwitchRun, step: OwnStep): void {
  const round = nextRound(run.state, step);
  said(run, { name: step.name, round }, 'skipped', 'overridden');
}

/** Undoes all of a switch that is rolled back, the newest first, each until it is done; or says that it is kept, and why. */
export async function undoSteps(run: SwitchRun, left: string[]): Promise<void> {
  for (const { name, how, detail } of run.state.steps) {
    if (how === 'left') left.push(`${undoName({ name })}, left as it was: ${detail}`);
  }
  for (const { step, standing } of mayStand(run.state)) {
    if (isKept(run.state, step)) {
      said(run, standing, 'kept', step.reason ?? '');
      continue;
    }
    const before = left.length;
    const detail = await performed(run, undoName(step), () => undo(run, { step, standing }, null), left);
    said(run, standing, left.length > before ? 'left' : 'undone', detail);
  }
}

/** What people are told of a rollback where no user had to come back. */
export function nobodyLeft({ state }: SwitchRun): string {
  return mayStand(state).length > 0 ? 'Nobody had left; steps are undone' : 'Nothing to roll back';
}

/** Steps that another run of the switch may have done: nobody knows here, and to undo what was not done may do harm. */
export function unknownSteps({ plan, state }: SwitchRun): string[] {
  const unknown = (plan.steps ?? []).filter(({ name }) => !state.steps.some((one) => one.name === name));
  return unknown.map(
    (step) =>
      `${undoName(step)}, of which this run does not know whether it was done: look, and undo it by hand`,
  );
}

/** @returns null when it was done */
async function tried(run: SwitchRun, step: OwnStep, withinMs = step.withinMs): Promise<StepFailure | null> {
  run.goOn();
  const { name } = step;
  const standing = { name, round: nextRound(run.state, step) };
  said(run, standing, 'begun', '');
  try {
    const { detail } = await ownSteps(withinMs).performStep(callOf(run, step, standing, step.do));
    said(run, standing, 'done', detail);
    return null;
  } catch (cause) {
    const why = whyFailed(cause, withinMs);
    said(run, standing, 'failed', why);
    // Given up meanwhile: a question would stand in the status of the rollback, and nobody could answer it.
    run.goOn();
    const isFinal = FINAL_FAILURES.some((type) => hasFailureType(cause, type));
    return { step, why: `${undoName(step)} failed: ${why}`, isFinal };
  }
}

/** On the way forward. @returns why it could not be undone, null when it was */
async function undone(run: SwitchRun, one: Standing): Promise<string | null> {
  const { step, standing } = one;
  const totalMs = Math.max(3 * step.withinMs, UNDO_ASKS_AFTER_MS);
  try {
    said(run, standing, 'undone', await undo(run, one, totalMs));
    return null;
  } catch (cause) {
    const why = whyFailed(cause, totalMs);
    run.goOn();
    return `${undoName(step)} could not be undone: ${why}`;
  }
}

async function undo(run: SwitchRun, { step, standing }: Standing, totalMs: number | null): Promise<string> {
  if (step.undo === null) return '';
  const call = callOf(run, step, standing, step.undo);
  return (await stepUndos(step.withinMs, totalMs).undoStep(call)).detail;
}

type Round = Pick<Standing['standing'], 'name' | 'round'>;

function callOf(run: SwitchRun, { name, at }: OwnStep, round: Round, action: OwnStep['do']): StepCall {
  return { targets: run.targets, step: stepKey(round), name, at, action };
}

function said(run: SwitchRun, { name: step, round }: Round, how: StepHow, detail: string): void {
  run.emit({ type: 'step', step, round, how, detail });
}

/** Throws on what is no failure of the step itself. */
function whyFailed(cause: unknown, withinMs: number): string {
  if (!(cause instanceof ActivityFailure) || isCancellation(cause)) throw cause;
  const isLate = cause.cause instanceof TimeoutFailure;
  return isLate ? `not done within ${formatDuration(withinMs)}` : deepest(cause);
}

function deadlineOf({ plan }: SwitchRun, at: StepPlace): Deadline {
  switch (at) {
    case 'frozen':
    case 'after-flip':
      return plan.cutover.deadline;
    case 'before-decommission':
      return plan.decommission.deadline;
    case 'preflight':
    case 'before-canary':
      return plan.onInconclusive.deadline;
  }
}
