/**
 * What a thrown error means for the caller: a line, a hint, an exit code. Used by run.ts only.
 * Invariant: only a bug shows a stack; a server that went away in mid-command is no bug.
 */
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { redactError } from '../domain/redact.ts';
import { RefusedError, UserError } from '../domain/errors.ts';
import { PlanError, problemJson } from '../plan/errors.ts';
import { EXIT } from './exit-codes.ts';

export interface Failure {
  readonly code: 'user' | 'refused' | 'unreachable' | 'denied' | 'settings' | 'interrupted' | 'bug';
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: number;
  /** Of a plan: each with its place. */
  readonly problems?: readonly unknown[];
  /** Only for bugs. */
  readonly stack: string | null;
}

/** Of a UserError that is no mistake in what was typed. */
const CODES: Readonly<Record<number, Failure['code']>> = {
  [EXIT.unreachable]: 'unreachable',
  [EXIT.denied]: 'denied',
  [EXIT.settings]: 'settings',
};

/** gRPC UNAVAILABLE and DEADLINE_EXCEEDED. */
const GONE: readonly unknown[] = [14, 4];

export function failureOf(error: unknown, interrupted: boolean): Failure {
  redactError(error);
  if (interrupted) return failure('interrupted', 'interrupted', null, EXIT.interrupted);
  if (error instanceof UserError) {
    const code = CODES[error.exitCode] ?? 'user';
    const told = failure(code, error.message, error.hint ?? null, error.exitCode);
    return error instanceof PlanError
      ? { ...told, problems: error.problems.map((problem) => problemJson(problem)) }
      : told;
  }
  if (error instanceof RefusedError) return failure('refused', error.message, null, error.exitCode);
  if (isUnavailable(error)) {
    return failure(
      'unreachable',
      `the Temporal server does not answer any more: ${firstLine(error)}`,
      'a running switch goes on by itself; try again when the server is back, or see `cutover doctor`',
      EXIT.unreachable,
    );
  }
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    return failure(
      'user',
      'the folder that this shell is in is gone',
      '`cd` to one that is there',
      EXIT.user,
    );
  }
  return {
    ...failure(
      'bug',
      firstLine(error),
      'this is a bug of cutover: please report it with the stack',
      EXIT.bug,
    ),
    stack: stackOf(error),
  };
}

/** With the causes: "fetch failed" alone tells nobody what failed. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}

function isUnavailable(error: unknown): boolean {
  const causes = [error, error instanceof ServiceError ? error.cause : undefined];
  return causes.some((one) => isGrpcServiceError(one) && GONE.includes(one.code));
}

function failure(code: Failure['code'], message: string, hint: string | null, exitCode: number): Failure {
  return { code, message, hint, exitCode, stack: null };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}
