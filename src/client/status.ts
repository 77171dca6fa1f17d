/** Reads where a switch stands: its own status, plus what the watch under way has seen so far (free: no query). */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { WatchResult } from '../activities/api.ts';
import { RefusedError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { SwitchState } from '../domain/state.ts';
import { eventsQuery, statusQuery } from '../workflows/messages.ts';
import { switchWorkflowId } from './names.ts';

export interface SwitchStatus {
  readonly workflowId: string;
  readonly runId: string;
  /** Temporal's word, e.g. `RUNNING`, `COMPLETED`, `TERMINATED`. */
  readonly execution: string;
  /** Null when no worker answers the query. */
  readonly state: SwitchState | null;
  /** The last look of the watch under way, from its heartbeat. */
  readonly live: WatchResult | null;
  /** Activities that keep failing, with their last failure. */
  readonly trouble: readonly {
    readonly activity: string;
    readonly attempt: number;
    readonly failure: string;
  }[];
}

const QUERY_MS = 5000;

/** @throws RefusedError when no switch of this service was ever started. */
export async function readStatus(client: Client, service: string, runId?: string): Promise<SwitchStatus> {
  const handle = client.workflow.getHandle(switchWorkflowId(service), runId);
  const described = await describe(() => handle.describe(), service);
  const state = await inTime(handle.query(statusQuery));
  const pending = described.raw.pendingActivities ?? [];
  const live = pending
    .filter((activity) => activity.activityType?.name === 'watchGates')
    .map((activity) => lastLook(activity.heartbeatDetails?.payloads?.[0]?.data))
    .find((one) => one !== null);
  const trouble = pending.flatMap((activity) => {
    const failure = activity.lastFailure?.message ?? '';
    const isPlanned = activity.lastFailure?.applicationFailureInfo?.type === 'LookAgain';
    return failure === '' || isPlanned
      ? []
      : [{ activity: activity.activityType?.name ?? '?', attempt: activity.attempt ?? 0, failure }];
  });
  return {
    workflowId: described.workflowId,
    runId: described.runId,
    execution: described.status.name,
    state,
    live: live ?? null,
    trouble,
  };
}

/** Everything that happened, oldest first. */
export async function readEvents(
  client: Client,
  service: string,
  runId?: string,
): Promise<readonly SwitchEvent[]> {
  const handle = client.workflow.getHandle(switchWorkflowId(service), runId);
  await describe(() => handle.describe(), service);
  const events = await inTime(handle.query(eventsQuery));
  if (events === null) throw new RefusedError('no worker answers; start one with `cutover worker`');
  return events;
}

export interface SwitchListing {
  readonly service: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly execution: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
}

/** Switches of this namespace, newest first. */
export async function listSwitches(client: Client, limit = 50): Promise<SwitchListing[]> {
  const found: SwitchListing[] = [];
  for await (const one of client.workflow.list({ query: `WorkflowType = 'switchover'` })) {
    const startedBy = one.memo?.['startedBy'];
    found.push({
      service: one.workflowId.replace(/^cutover\//, ''),
      workflowId: one.workflowId,
      runId: one.runId,
      execution: one.status.name,
      startedBy: typeof startedBy === 'string' ? startedBy : '',
      startedAt: one.startTime.toISOString(),
      closedAt: one.closeTime?.toISOString() ?? null,
    });
    if (found.length >= limit) break;
  }
  return found;
}

async function describe(
  read: () => Promise<WorkflowExecutionDescription>,
  service: string,
): Promise<WorkflowExecutionDescription> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) {
      throw new RefusedError(`no switch of ${service} was found; see \`cutover list\``);
    }
    throw cause;
  }
}

async function inTime<T>(query: Promise<T>): Promise<T | null> {
  const timeout = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), QUERY_MS).unref();
  });
  try {
    return await Promise.race([query, timeout]);
  } catch {
    // Without a worker a query fails after a while; the description still says what Temporal knows.
    return null;
  }
}

function lastLook(data: Uint8Array | null | undefined): WatchResult | null {
  if (data === null || data === undefined) return null;
  try {
    const kept: { last?: WatchResult | null } = JSON.parse(Buffer.from(data).toString('utf8'));
    return kept.last ?? null;
  } catch {
    return null;
  }
}
