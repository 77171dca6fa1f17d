/** What went wrong in an activity, as the workflow reads it. */
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { FailureType } from '../domain/failure-type.ts';

/** The message of what really went wrong, under the wrappers. */
export function deepest(cause: unknown): string {
  let error = cause;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return error instanceof Error ? error.message : String(error);
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
