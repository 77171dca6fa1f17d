/**
 * How the workflow calls its activities: three groups with their patience and what a cancellation means, plus rollback's own,
 * which never gives up and jumps every queue. All of them show every second that they live (heartbeats cost no history), so a dead
 * worker is missed in seconds: in five where users wait for it, in ten elsewhere.
 */
import {
  ActivityCancellationType,
  proxyActivities,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../activities/api.ts';
import { FINAL_FAILURES } from '../domain/failure-type.ts';
import { summarized } from './summaries.ts';

function activities<A extends Partial<Activities>>(options: ActivityOptions): ActivityInterfaceFor<A> {
  return summarized(proxyActivities<A>(options));
}

/** Short and harmless: a cancellation does not wait for them. */
export const reads = activities<Activities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '10 seconds',
  scheduleToCloseTimeout: '5 minutes',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: {
    initialInterval: '500ms',
    maximumInterval: '10 seconds',
    nonRetryableErrorTypes: [...FINAL_FAILURES],
  },
});

/** Effects: a cancellation waits until it is known whether they happened. */
export const writes = activities<Activities>({
  startToCloseTimeout: '60 seconds',
  heartbeatTimeout: '10 seconds',
  scheduleToCloseTimeout: '15 minutes',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '500ms',
    maximumInterval: '15 seconds',
    nonRetryableErrorTypes: [...FINAL_FAILURES],
  },
});

/**
 * Edge writes are fenced by generation: a late one loses. So a rollback need not wait for one that hangs,
 * which a switch back to `from` in milliseconds depends on.
 */
export function edgeWrites(seenWithinMs: number): Pick<Activities, 'writeEdge'> {
  return activities<Activities>({
    startToCloseTimeout: '15 seconds',
    heartbeatTimeout: '5 seconds',
    scheduleToCloseTimeout: seenWithinMs + 5 * 60_000,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: {
      initialInterval: '250ms',
      maximumInterval: '5 seconds',
      nonRetryableErrorTypes: [...FINAL_FAILURES],
    },
  });
}

/**
 * Waits that look again and again: each look is one attempt, and the pause between two is the retry's backoff. A hold of any
 * length so costs three history events, survives workers, and can be fast-forwarded like a timer.
 */
export function watches(totalMs: number): Pick<Activities, 'watchGates' | 'drainQueue' | 'awaitGeneration'> {
  return activities<Activities>(watching(totalMs));
}

/** A watch that moves jobs: a cancellation waits until it moves no more. */
export function movingWatches(totalMs: number): Pick<Activities, 'guardFence'> {
  const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
  return activities<Activities>({ ...watching(totalMs), cancellationType });
}

/** Shortest time of an activity inside the freeze, ms: less is over before it begins. */
export const LEAST_MS = 1000;

/** Inside the freeze: it ends with the budget, and what a late attempt does loses by its turn. */
export function fencing(budgetMs: number): Pick<Activities, 'freezeTables'> {
  return activities<Activities>({
    startToCloseTimeout: budgetMs,
    heartbeatTimeout: '10 seconds',
    scheduleToCloseTimeout: budgetMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '250ms',
      maximumInterval: '2 seconds',
      nonRetryableErrorTypes: [...FINAL_FAILURES],
    },
  });
}

function watching(totalMs: number): ActivityOptions {
  return {
    startToCloseTimeout: '15 minutes',
    heartbeatTimeout: '10 seconds',
    // Far beyond the schedule: it only bounds a watch whose workers never come back.
    scheduleToCloseTimeout: totalMs * 2 + 24 * 3_600_000,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 1.2,
      maximumInterval: '30 seconds',
      nonRetryableErrorTypes: [...FINAL_FAILURES],
    },
  };
}

/** Looks of a rollback that may find nothing to do: urgent, but they do not keep it for ever. */
export const rollbackLooks = activities<Pick<Activities, 'readEdge'>>({
  startToCloseTimeout: '15 seconds',
  heartbeatTimeout: '5 seconds',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '5 seconds' },
  priority: { priorityKey: 1 },
});

/** A last look, for the record: nobody waits for it long. */
export const lastReads = activities<Pick<Activities, 'readEdge'>>({
  startToCloseTimeout: '5 seconds',
  heartbeatTimeout: '5 seconds',
  scheduleToCloseTimeout: '15 seconds',
  retry: { initialInterval: '500ms' },
  priority: { priorityKey: 1 },
});

/** The waits of a rollback: as patient as its writes. */
export const rollbackWatches = activities<Pick<Activities, 'moveJobs'>>({
  startToCloseTimeout: '15 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1.2, maximumInterval: '30 seconds' },
  priority: { priorityKey: 1 },
});

/** A step of the user's own: bounded as the plan says. A cancellation waits until it is known whether it was done. */
export function ownSteps(withinMs: number): Pick<Activities, 'performStep'> {
  return activities<Pick<Activities, 'performStep'>>({
    startToCloseTimeout: withinMs,
    heartbeatTimeout: '5 seconds',
    scheduleToCloseTimeout: withinMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '500ms',
      maximumInterval: '5 seconds',
      nonRetryableErrorTypes: [...FINAL_FAILURES],
    },
  });
}

/**
 * The undo of a step, as urgent as a rollback.
 * @param totalMs after which a person is asked, who can be on the way forward; null: it is never given up
 */
export function stepUndos(withinMs: number, totalMs: number | null): Pick<Activities, 'undoStep'> {
  return activities<Pick<Activities, 'undoStep'>>({
    startToCloseTimeout: withinMs,
    heartbeatTimeout: '5 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '500ms',
      backoffCoefficient: 1.5,
      maximumInterval: '15 seconds',
      ...(totalMs === null ? {} : { nonRetryableErrorTypes: [...FINAL_FAILURES] }),
    },
    ...(totalMs === null ? {} : { scheduleToCloseTimeout: totalMs }),
    priority: { priorityKey: 1 },
  });
}

/** Rollback never gives up, and goes before everything else that waits for a worker. */
export const rollbacks = activities<Activities>({
  startToCloseTimeout: '15 seconds',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '5 seconds' },
  priority: { priorityKey: 1 },
});

/** Steps of a rollback that users do not wait for: they are given up in the end, and meanwhile try at a calmer pace. */
export const rollbackExtras = activities<Pick<Activities, 'primeCache' | 'releaseWarmth'>>({
  startToCloseTimeout: '15 seconds',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '1 minute' },
  priority: { priorityKey: 1 },
});
