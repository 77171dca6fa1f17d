/** What went wrong in an activity, as the workflow reads it. */
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { FailureType } from '../domain/failure-type.ts';

/** Characters that are told: what is asked because of a failure ends with what can be answered, and a provider may say anything. */
const MAX_WHY = 1000;

/** The message of what really went wrong, under the wrappers; only its beginning where that is long. */
export function deepest(cause: unknown): string {
  let error = cause;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  const why = error instanceof Error ? error.message : String(error);
  return why.length > MAX_WHY ? `${why.slice(0, MAX_WHY)}…` : why;
}

/** Why a look could not be taken: that says nothing about what it would have seen. Everything else is thrown on. */
export function unseen(cause: unknown): string {
  if (!(cause instanceof ActivityFailure) || isCancellation(cause)) throw cause;
  return deepest(cause);
}

export function hasFailureType(cause: unknown, type: FailureType): boolean {
  return (
    cause instanceof ActivityFailure && cause.cause instanceof ApplicationFailure && cause.cause.type === type
  );
}
