/** Sends an operator's command: as an Update, which answers, and as a Signal when no worker is there to answer. */
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { CommandName } from '../domain/command.ts';
import { RefusedError } from '../domain/errors.ts';
import { commandSignals, commandUpdates, type CommandInput } from '../workflows/messages.ts';

export interface CommandAnswer {
  readonly answer: string;
  /** False: the server has it, and it takes effect when a worker runs. */
  readonly answered: boolean;
}

/** A rollback is not kept waiting for an answer: after this the signal goes too (the same command id makes it one command). */
const ANSWER_MS = 3000;

/** @throws RefusedError with the switch's own words when the command is not legal now. */
export async function sendCommand<N extends CommandName>(
  handle: WorkflowHandle,
  name: N,
  input: Omit<CommandInput<N>, 'commandId'> & { commandId?: string },
): Promise<CommandAnswer> {
  const commandId = input.commandId ?? randomUUID();
  const args = [{ ...input, commandId }] as never;
  const timeout = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), ANSWER_MS).unref();
  });
  const update = handle.executeUpdate(commandUpdates[name] as never, { args, updateId: commandId });
  try {
    const answer: unknown = await Promise.race([update, timeout]);
    if (typeof answer === 'string') return { answer, answered: true };
  } catch (cause) {
    throw refusal(cause);
  }
  update.catch(() => undefined);
  try {
    await handle.signal(commandSignals[name] as never, ...args);
  } catch (cause) {
    throw refusal(cause);
  }
  return {
    answer: `${name} is recorded; no worker answers now, it takes effect when one runs`,
    answered: false,
  };
}

function refusal(cause: unknown): unknown {
  if (cause instanceof WorkflowUpdateFailedError) {
    return new RefusedError(cause.cause?.message ?? cause.message);
  }
  if (cause instanceof WorkflowNotFoundError) {
    return new RefusedError('no switch is running for this service; nothing changed');
  }
  return cause;
}
