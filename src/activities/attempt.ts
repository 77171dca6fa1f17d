/**
 * One attempt of an activity: its clocks, its idempotency keys, what it keeps for the next attempt, and the two ways it can end
 * without being done, namely `look again later` and a mapped failure.
 */
import { ApplicationFailureCategory, msToNumber } from '@temporalio/common';
import { ApplicationFailure, CancelledFailure, Context, activityInfo } from '@temporalio/activity';
import { ActivityNotFoundError } from '@temporalio/client';
import { formatDuration } from '../domain/duration.ts';
import { EvidenceGoneError, ProviderError, UserError } from '../domain/errors.ts';
import type { FailureType } from '../domain/failure-type.ts';
import { pauseMs } from '../domain/retry-after.ts';
import { redactError } from '../domain/redact.ts';
import type { WriteContext } from '../ports/index.ts';
import type { Activities } from './api.ts';
import type { Targets } from '../domain/targets.ts';
import type { World } from './world.ts';

/** In real time a poll stays in its attempt this long before it lets go: fewer attempts, still short ones. */
const POLL_IN_ATTEMPT_MS = 8000;

const BEAT_MS = 1000;

/** Longest wait for the server's word on whether this attempt is still wanted. */
const ASK_MS = 3000;
const USUAL_HEARTBEAT_MS = 5000;

export function signal(): AbortSignal {
  return Context.current().cancellationSignal;
}

export function writeContext(targets: Targets, step: string): WriteContext {
  return { idempotencyKey: `${targets.switchId}/${step}`, signal: signal() };
}

/** What the attempt before this one kept. */
export function kept(): unknown {
  return activityInfo().heartbeatDetails ?? null;
}

/** Last kept by each attempt that runs here. */
const latest = new WeakMap<Context, unknown>();

/** Keeps `details` for the next attempt, and tells the server that this one lives. */
export function keep(details: unknown): void {
  const context = Context.current();
  latest.set(context, details);
  context.heartbeat(details);
}

/** When the server was last known to wait for this attempt, on a clock that goes on while the process is stopped. */
const wantedAt = new WeakMap<Context, number>();

/**
 * To be asked right before a write that must not come late. A process that was stopped and goes on has no cancellation to see: the
 * server gave its task to another worker while nobody here listened. So an attempt that may have missed a heartbeat asks.
 * @throws when the server waits for this attempt no more, or cannot be asked.
 */
export async function stillWanted(): Promise<void> {
  const context = Context.current();
  context.cancellationSignal.throwIfAborted();
  const { heartbeatTimeoutMs = USUAL_HEARTBEAT_MS, taskToken } = context.info;
  const now = performance.now();
  if (now - (wantedAt.get(context) ?? now) < heartbeatTimeoutMs / 2) return;
  try {
    const { client } = context;
    const beat = (): Promise<void> => client.activity.heartbeat(taskToken, latest.get(context));
    await client.withDeadline(Date.now() + ASK_MS, beat);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw cause instanceof ActivityNotFoundError
      ? ApplicationFailure.nonRetryable(
          'this attempt was given up by the server and must not write',
          'Zombie' satisfies FailureType,
        )
      : ApplicationFailure.create({
          type: 'Retry' satisfies FailureType,
          message: `not written: the server could not be asked whether this attempt is still wanted (${why})`,
        });
  }
  context.cancellationSignal.throwIfAborted();
  wantedAt.set(context, performance.now());
}

/**
 * Performs while telling the server every second that this attempt lives, so that a dead worker is found out in seconds and not
 * when the longest patience is over. What was kept is told again: a heartbeat without it would take it from the next attempt.
 */
async function alive<T>(perform: () => Promise<T>): Promise<T> {
  const context = Context.current();
  latest.set(context, context.info.heartbeatDetails);
  // From the server's schedule: a task may have lain here, unheard of, while the process stood still.
  wantedAt.set(context, performance.now() - Math.max(0, Date.now() - scheduledNow()));
  const beat = setInterval(() => context.heartbeat(latest.get(context)), BEAT_MS);
  try {
    return await perform();
  } finally {
    clearInterval(beat);
  }
}

/** The workflow's clock at the start of this attempt: wall time, or the skipped time of a rehearsal. */
export function scheduledNow(): number {
  return activityInfo().currentAttemptScheduledTimestampMs;
}

/**
 * Ends this attempt; the next one comes after `ms`. A plan, not a failure: it stays out of logs and metrics, carries no stack (the
 * last attempt's stands in the history of every wait), and says so to whoever finds it in red in the Temporal UI.
 */
export function lookAgain(ms: number, why: string): ApplicationFailure {
  const again = ApplicationFailure.create({
    type: 'LookAgain' satisfies FailureType,
    message: `no failure, the next look is in ${formatDuration(ms < 10_000 ? ms : Math.round(ms / 1000) * 1000)}: ${why}`,
    nextRetryDelay: Math.max(1, Math.ceil(ms)),
    category: ApplicationFailureCategory.BENIGN,
  });
  again.stack = '';
  return again;
}

/**
 * Looks until `look` answers, every `everyMs`. In real time it stays in the attempt for some seconds; after that, and always
 * under a skipped clock, the pause is the server's.
 */
export async function poll<S, T>(
  world: World,
  everyMs: number,
  start: () => S,
  /** `afterMs`: look again then instead of in `everyMs`. */
  look: (state: S, nowMs: number) => Promise<{ done: T } | { next: S; why: string; afterMs?: number }>,
): Promise<T> {
  let state = (kept() as S | null) ?? start();
  const untilMs = Date.now() + POLL_IN_ATTEMPT_MS;
  for (;;) {
    const outcome = await look(state, world.now());
    if ('done' in outcome) return outcome.done;
    state = outcome.next;
    keep(state);
    const pauseMs = outcome.afterMs ?? everyMs;
    if (!world.realTime || Date.now() + pauseMs > untilMs) throw lookAgain(pauseMs, outcome.why);
    await Context.current().sleep(pauseMs);
  }
}

/** What the server would wait before the next attempt by the activity's own retry policy; its defaults where that says nothing. */
function backoffMs(): number {
  const { attempt, retryPolicy } = activityInfo();
  const initialMs = msToNumber(retryPolicy?.initialInterval ?? '1 second');
  const mostMs = msToNumber(retryPolicy?.maximumInterval ?? initialMs * 100);
  return Math.round(Math.min(initialMs * (retryPolicy?.backoffCoefficient ?? 2) ** (attempt - 1), mostMs));
}

/** Maps a provider's failure once, into what the workflow and its retry policies understand. */
function mapFailure(cause: unknown): unknown {
  // What leaves here stands in history for good: messages, stacks and causes alike.
  redactError(cause);
  if (cause instanceof ApplicationFailure || cause instanceof CancelledFailure) return cause;
  if (cause instanceof EvidenceGoneError) {
    return ApplicationFailure.create({
      type: 'EvidenceGone' satisfies FailureType,
      message: `${cause.provider}: ${cause.message}`,
      nonRetryable: true,
    });
  }
  if (cause instanceof ProviderError) {
    const message = `${cause.provider}: ${cause.message}`;
    switch (cause.kind) {
      case 'retry':
        return ApplicationFailure.create({
          type: 'Retry' satisfies FailureType,
          message,
          ...(cause.retryAfterMs === undefined
            ? {}
            : { nextRetryDelay: pauseMs(cause.retryAfterMs, backoffMs()) }),
        });
      case 'reread':
        return ApplicationFailure.create({ type: 'Reread' satisfies FailureType, message });
      // Whether these are final is the caller's retry policy's to say: a rollback tries again all the same.
      case 'human':
        return ApplicationFailure.create({ type: 'NeedsHuman' satisfies FailureType, message });
      case 'fatal':
        return ApplicationFailure.create({ type: 'Fatal' satisfies FailureType, message });
    }
  }
  if (cause instanceof UserError) {
    const message = cause.hint === undefined ? cause.message : `${cause.message}; ${cause.hint}`;
    return ApplicationFailure.create({ type: 'BadPlan' satisfies FailureType, message });
  }
  return cause;
}

/** Wraps every activity: it shows that it lives, and its errors are mapped in one place. */
export function mapped(activities: Activities): Activities {
  const entries = Object.entries(activities).map(
    ([name, perform]: [string, (input: never) => Promise<unknown>]) => [
      name,
      async (input: never) => {
        try {
          return await alive(() => perform(input));
        } catch (cause) {
          throw mapFailure(cause);
        }
      },
    ],
  );
  return Object.fromEntries(entries) as Activities;
}
