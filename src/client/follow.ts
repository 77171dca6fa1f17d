/**
 * Follows a running switch from outside: hands over each event once, and how it ended.
 * Invariant: every event is handed over once and in order, also those between the last look and the end, and those of the runs that a
 * long switch continues in. Events of another switch of the same service are none of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { SwitchEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/state.ts';
import { readEventsFrom } from './events.ts';
import { GRPC_UNAVAILABLE, hasGrpcCode } from '../temporal/grpc-code.ts';
import { inTime } from '../in-time.ts';
import { switchWorkflowId } from './names.ts';
import type { SwitchHandle, SwitchWorkflow } from './start.ts';

export interface Ending {
  /** Null when the run was ended from outside. */
  readonly outcome: Outcome | null;
  /** The outcome's kind, or why there is none: `terminated`, `failed: …`. */
  readonly how: string;
}

export interface FollowOptions {
  /** What it throws ends the following. */
  readonly onEvent: (event: SwitchEvent) => void | Promise<void>;
  /** No worker answers; called once for each silence. */
  readonly onSilence?: () => void;
  /** Between two looks, ms. Default 250. */
  readonly everyMs?: number;
  /** Stops the following, not the switch. */
  readonly signal?: AbortSignal;
}

/** How long one look may take, ms. */
const LOOK_MS = 5000;

/**
 * @param handle as `startSwitch` returns it
 * @returns when the switch has ended and its last event was told; a worker that is away is waited for
 * @throws AbortError when the signal is aborted; what `onEvent` throws; what the client throws when the server is gone for good
 */
export async function follow(
  handle: Pick<SwitchHandle, 'query' | 'result'>,
  { onEvent, onSilence, everyMs = 250, signal }: FollowOptions,
): Promise<Ending> {
  let told = 0;
  let silent = false;
  let switchId: string | null = null;
  const look = async (): Promise<void> => {
    const read = await inTime(readEventsFrom(handle, told), LOOK_MS);
    if (read.kind !== 'done') {
      // A server that is away is `ending`'s to wait for, or to give up.
      const away = read.kind === 'failed' && hasGrpcCode(read.cause, GRPC_UNAVAILABLE);
      if (!silent && !away) onSilence?.();
      silent = true;
      return;
    }
    silent = false;
    switchId ??= read.value.switchId;
    if (read.value.switchId !== switchId) return;
    told = read.value.next;
    for (const event of read.value.events) await onEvent(event);
  };
  const ended = { over: false };
  const ending = endingOf(handle).finally(() => {
    ended.over = true;
  });
  // Awaited below; until then a failure must not count as unhandled.
  ending.catch(() => undefined);
  while (!ended.over) {
    await look();
    await Promise.race([ending, sleep(everyMs, undefined, signal === undefined ? {} : { signal })]);
  }
  await look();
  return ending;
}

/** How a switch ended; waits until it has. */
export async function endingOf(handle: Pick<SwitchHandle, 'result'>): Promise<Ending> {
  try {
    const outcome = await handle.result();
    return { outcome, how: outcome.kind };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    const kind = cause?.name.replace(/(Failure|Error)$/, '').toLowerCase() ?? 'failed';
    return { outcome: null, how: kind === 'application' ? `failed: ${cause?.message ?? ''}` : kind };
  }
}

/** The same of a run that is named. */
export function endingOfRun(client: Client, service: string, runId?: string): Promise<Ending> {
  return endingOf(client.workflow.getHandle<SwitchWorkflow>(switchWorkflowId(service), runId));
}
