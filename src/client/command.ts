/**
 * Sends an operator's command: as an Update, which answers; when that fails for whatever reason but a refusal, as a Signal, which
 * needs no worker; a rollback, when that fails too, as the native Cancel, which is the same to a switch. Each step is bounded in
 * time, and the answer says which way the command went and what is known about it.
 */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { CommandName } from '../domain/command.ts';
import { RefusedError, UserError } from '../domain/errors.ts';
import type { FailureType } from '../domain/failure-type.ts';
import { commandSignals, commandUpdates, type CommandInput } from '../workflows/messages.ts';
import {
  GRPC_DEADLINE_EXCEEDED,
  GRPC_PERMISSION_DENIED,
  GRPC_UNAUTHENTICATED,
  GRPC_UNAVAILABLE,
  grpcCode,
  serverSaid,
} from '../temporal/grpc-code.ts';
import { inTime, type Tried } from '../in-time.ts';
import { taskTrouble } from './task-trouble.ts';
import { EXIT_DENIED, EXIT_UNAVAILABLE } from './temporal-error.ts';

export interface CommandAnswer {
  readonly answer: string;
  /** False: the server has it, and it takes effect when a worker runs. */
  readonly answered: boolean;
  /** How it reached the server. */
  readonly way: 'update' | 'signal' | 'cancel';
}

/** Longest waits, ms. */
export interface Patience {
  /** For the switch's own answer; then the signal goes too (the same command id makes it one command). */
  readonly answerMs: number;
  /** For the server to take a signal or a cancellation. */
  readonly recordMs: number;
  /** For what is known about a command that nobody answered. */
  readonly lookMs: number;
  /** For an answer that comes after the signal: a worker may only be slow. */
  readonly graceMs: number;
}

const PATIENCE: Patience = { answerMs: 3000, recordMs: 5000, lookMs: 1500, graceMs: 300 };

/**
 * @throws RefusedError with the switch's own words when the command is not legal now, when the switch has ended, or when the server
 * took it by no way; UserError (69, 77) when the server was not reached or denies it.
 */
export async function sendCommand<N extends CommandName>(
  handle: WorkflowHandle,
  name: N,
  input: Omit<CommandInput<N>, 'commandId'> & { commandId?: string },
  patience: Patience = PATIENCE,
): Promise<CommandAnswer> {
  const commandId = input.commandId ?? randomUUID();
  const args = [{ ...input, commandId }] as never;
  const asking: Promise<unknown> = handle.executeUpdate(commandUpdates[name] as never, {
    args,
    updateId: commandId,
  });
  const asked = await inTime(asking, patience.answerMs);
  const answer = await answerOf(handle, asked, patience);
  if (answer !== null) return answer;

  const signalled = await inTime(handle.signal(commandSignals[name] as never, ...args), patience.recordMs);
  if (signalled.kind === 'done') {
    const [known, late] = await Promise.all([
      whatIsKnown(handle, patience.lookMs),
      asked.kind === 'late' ? inTime(asking, patience.graceMs) : asked,
    ]);
    return (
      (await answerOf(handle, late, patience)) ?? {
        answer: `${name} is accepted by signal; ${known}`,
        answered: false,
        way: 'signal',
      }
    );
  }
  await refuseClosed(handle, signalled, patience);
  const ways: [string, Tried<unknown>][] = [
    ['update', asked],
    ['signal', signalled],
  ];
  if (name === 'rollback') {
    const cancelled = await inTime(handle.cancel(), patience.recordMs);
    if (cancelled.kind === 'done') {
      return {
        answer: `rollback is accepted as a cancellation, which is the same (signal: ${why(signalled)}); ${await whatIsKnown(handle, patience.lookMs)}`,
        answered: false,
        way: 'cancel',
      };
    }
    await refuseClosed(handle, cancelled, patience);
    ways.push(['cancel', cancelled]);
  }
  throw undelivered(name, commandId, ways);
}

/** For a command that may come too late: a refusal is an answer, too. @throws what `sendCommand` throws but RefusedError. */
export async function offerCommand<N extends CommandName>(
  handle: WorkflowHandle,
  name: N,
  input: Parameters<typeof sendCommand<N>>[2],
): Promise<string> {
  try {
    return (await sendCommand(handle, name, input)).answer;
  } catch (cause) {
    if (cause instanceof RefusedError) return cause.message;
    throw cause;
  }
}

/** The switch's own answer, its refusal as an error, or null when there is none and the next way has to be taken. */
async function answerOf(
  handle: WorkflowHandle,
  asked: Tried<unknown>,
  patience: Patience,
): Promise<CommandAnswer | null> {
  if (asked.kind === 'done' && typeof asked.value === 'string') {
    return { answer: asked.value, answered: true, way: 'update' };
  }
  if (asked.kind !== 'failed') return null;
  const { cause } = asked;
  const inner = cause instanceof WorkflowUpdateFailedError ? cause.cause : null;
  if (inner instanceof ApplicationFailure && inner.type === ('Refused' satisfies FailureType)) {
    throw new RefusedError(inner.message);
  }
  await refuseClosed(handle, asked, patience);
  return null;
}

/** A switch that is over obeys nobody: says how it ended, and what then. */
async function refuseClosed(
  handle: WorkflowHandle,
  tried: Tried<unknown>,
  patience: Patience,
): Promise<void> {
  if (tried.kind !== 'failed' || !(tried.cause instanceof WorkflowNotFoundError)) return;
  const described = await inTime(handle.describe(), patience.lookMs);
  if (described.kind !== 'done') {
    throw new RefusedError('no switch is running for this service; nothing changed');
  }
  const service = handle.workflowId.replace(/^cutover\//, '');
  const { name } = described.value.status;
  if (name === 'RUNNING') return;
  if (name === 'COMPLETED') {
    throw new RefusedError(`the switch has ended; nothing changed: see \`cutover status ${service}\``);
  }
  throw new RefusedError(
    `the switch was ended from outside (${name.toLowerCase()}, run ${described.value.runId}), so nothing runs that could obey; ` +
      `\`cutover recover ${service}\` says where users are and brings them home`,
  );
}

/** Why nobody answered, as far as the server knows. */
async function whatIsKnown(handle: WorkflowHandle, withinMs: number): Promise<string> {
  const look = async (): Promise<string> => {
    const { workflowService, options } = handle.client;
    const described = await handle.describe();
    if (described.status.name !== 'RUNNING') return 'the switch has ended in the meantime';
    const trouble = await taskTrouble(workflowService, options.namespace, described);
    if (trouble === null) return 'no worker answered yet, it takes effect when one runs';
    return (
      `its workflow task keeps failing (attempt ${trouble.attempt}: ${trouble.failure}), so it takes effect when a worker runs ` +
      'that can go on with this switch: the release it was started with'
    );
  };
  const known = await inTime(look(), withinMs);
  return known.kind === 'done' ? known.value : 'whether a worker runs is not known';
}

function undelivered(name: CommandName, commandId: string, ways: readonly [string, Tried<unknown>][]): Error {
  const tried = ways.map(([way, one]) => `${way}: ${why(one)}`).join('; ');
  const last = ways.at(-1)?.[1];
  const codes = ways.map(([, one]) => (one.kind === 'failed' ? grpcCode(one.cause) : GRPC_DEADLINE_EXCEEDED));
  if (codes.some((code) => code === GRPC_DEADLINE_EXCEEDED || code === GRPC_UNAVAILABLE)) {
    return new UserError(`it is not known whether ${name} was recorded (${tried})`, {
      hint: `send it again with --command-id ${commandId}: it stays one command`,
      exitCode: EXIT_UNAVAILABLE,
      cause: last,
    });
  }
  if (codes.some((code) => code === GRPC_PERMISSION_DENIED || code === GRPC_UNAUTHENTICATED)) {
    return new UserError(
      `Temporal does not let these credentials command the switch; nothing changed (${tried})`,
      {
        hint: 'use credentials with write access to the namespace (TEMPORAL_API_KEY, TEMPORAL_PROFILE)',
        exitCode: EXIT_DENIED,
        cause: last,
      },
    );
  }
  const stillThere = name === 'rollback' ? '' : '; `cutover rollback` has a further way, the cancellation';
  return new RefusedError(`Temporal takes ${name} by no way, nothing changed (${tried})${stillThere}`);
}

function why(tried: Tried<unknown>): string {
  if (tried.kind === 'failed') return serverSaid(tried.cause);
  return tried.kind === 'late' ? 'no answer in time' : 'an answer that is none';
}
