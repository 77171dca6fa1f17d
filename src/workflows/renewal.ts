/**
 * When a run has grown too long for the server it continues as new. Until its events are stored the way forward goes on, and is judged;
 * then it stops, and everything that the next run needs goes to it in one payload.
 */
import { allHandlersFinished, condition, log, workflowInfo } from '@temporalio/workflow';
import type { Carried } from './input.ts';
import { deepest } from './failure.ts';
import type { SwitchRun } from './run.ts';

/** Messages that a run takes before it continues as new: the server takes 10,000 signals and 2,000 updates a run. */
const MAX_SIGNALS = 2000;
const MAX_UPDATES = 500;

/** Newest events that go to the next run as they are, beside the state, in one payload of at most 2 MB. */
const MAX_CARRIED_BYTES = 256_000;

/** Events that need not be stored first: they keep coming while they are stored. */
const LEFT_BYTES = 8000;

/** Resolves when the run may end: too long, at a place where it can be left, and its events stored unless their store is away. */
export async function readyToRenew(run: SwitchRun): Promise<'renew'> {
  await condition(() => isTooLong(run));
  await run
    .storeEvents(LEFT_BYTES)
    .catch((cause: unknown) => log.warn('events could not be stored', { cause: deepest(cause) }));
  await condition(() => isTooLong(run));
  return 'renew';
}

/**
 * Everything that the next run needs to go on where this one is, read when nothing is under way any more: what is accepted after it
 * would be lost.
 * @throws CancelledFailure when a rollback was accepted meanwhile
 */
export async function carry(run: SwitchRun): Promise<Carried> {
  await condition(allHandlersFinished);
  run.goOn();
  const { stored, rest, lost } = run.log.newest(MAX_CARRIED_BYTES);
  const { expected, deadLetters, desired, notified, noise, state } = run;
  return { events: stored, rest, lost, state, expected, deadLetters, desired, notified, noise };
}

function isTooLong({ state, signals, updates }: SwitchRun): boolean {
  const { inTransaction, pastNoReturn, rollbackAsked, outcome, stagesPassed } = state;
  // Whoever started the switch waits for preflight's answer, and a run with an open question of theirs cannot end.
  if (!stagesPassed.includes('preflight')) return false;
  if (inTransaction || pastNoReturn || rollbackAsked !== null || outcome !== null) return false;
  return workflowInfo().continueAsNewSuggested || signals >= MAX_SIGNALS || updates >= MAX_UPDATES;
}
