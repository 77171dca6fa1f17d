/**
 * Follows a running switch: hands over each event once, and the outcome at the end.
 * Invariant: every event is handed over exactly once and in order, also those between the last look and the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { readEvents, switchWorkflowId } from '../client/index.ts';
import { RefusedError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/state.ts';

export interface Ending {
  readonly outcome: Outcome | null;
  /** Why there is no outcome: `terminated`, `failed: …`. */
  readonly how: string;
}

export interface FollowOptions {
  readonly client: Client;
  readonly service: string;
  readonly runId: string;
  /** Between two looks, ms. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: SwitchEvent) => void;
  /** Nobody answers queries now; called once for each silence. */
  readonly onSilence: () => void;
}

/** Resolves when the switch has ended; rejects with the signal's reason at Ctrl-C. */
export async function follow(options: FollowOptions): Promise<Ending> {
  const { client, service, runId, everyMs, signal } = options;
  let seen = 0;
  let silent = false;
  const look = async (): Promise<void> => {
    try {
      const events = await readEvents(client, service, runId);
      for (const event of events.slice(seen)) options.onEvent(event);
      seen = Math.max(seen, events.length);
      silent = false;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (!silent) options.onSilence();
      silent = true;
    }
  };
  const ended = { over: false };
  const ending = endingOf(client, service, runId).then((how) => {
    ended.over = true;
    return how;
  });
  // Looked at below; until then a failure must not count as unhandled.
  ending.catch(() => undefined);
  while (!ended.over) {
    await look();
    await Promise.race([ending, sleep(everyMs, undefined, { signal })]);
  }
  await look();
  return ending;
}

/** How a run ended; waits until it has. */
export async function endingOf(client: Client, service: string, runId?: string): Promise<Ending> {
  try {
    const handle = client.workflow.getHandle(switchWorkflowId(service), runId);
    const outcome = (await handle.result()) as Outcome;
    return { outcome, how: outcome.kind };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause;
    const kind = cause?.name.replace(/(Failure|Error)$/, '').toLowerCase() ?? 'failed';
    return { outcome: null, how: kind === 'application' ? `failed: ${cause?.message ?? ''}` : kind };
  }
}
