/** Reads where a switch stands: its own status, plus what the watch under way has seen so far (free: no query). */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { WatchResult } from '../activities/api.ts';
import { RefusedError } from '../domain/errors.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { FailureType } from '../domain/failure-type.ts';
import { ATTRIBUTE } from '../domain/search-attributes.ts';
import type { SwitchState } from '../domain/state.ts';
import { statusQuery } from '../workflows/messages.ts';
import { queryEvents } from './events.ts';
import { inTime } from '../in-time.ts';
import { RECOVERY_TYPE, switchWorkflowId, WORKFLOW_TYPE } from './names.ts';
import { taskTrouble, type TaskTrouble } from './task-trouble.ts';

export interface SwitchStatus {
  readonly workflowId: string;
  readonly runId: string;
  /** Temporal's word, e.g. `RUNNING`, `COMPLETED`, `TERMINATED`. */
  readonly execution: string;
  /** Null when no worker answers the query. */
  readonly state: SwitchState | null;
  /** The last look of the watch under way, from its heartbeat. */
  readonly live: WatchResult | null;
  /** Probes of the look under way; absent while none are sent. */
  readonly probing?: { readonly done: number; readonly total: number };
  /** Activities that keep failing, with their last failure. */
  readonly trouble: readonly {
    readonly activity: string;
    readonly attempt: number;
    readonly failure: string;
  }[];
  /** Why its workflow task keeps failing; null when it does not. A switch in that state obeys nobody and tells nothing. */
  readonly taskTrouble: TaskTrouble | null;
}

const QUERY_MS = 5000;

/** @throws RefusedError when no switch of this service was ever started. */
export async function readStatus(client: Client, service: string, runId?: string): Promise<SwitchStatus> {
  const handle = client.workflow.getHandle(switchWorkflowId(service), runId);
  const described = await describe(() => handle.describe(), service);
  const [queried, failing] = await Promise.all([
    inTime(handle.query(statusQuery), QUERY_MS),
    inTime(taskTrouble(client.workflowService, client.options.namespace, described), QUERY_MS),
  ]);
  const pending = described.raw.pendingActivities ?? [];
  const watching = pending.filter((activity) => activity.activityType?.name === 'watchGates');
  const kept = await Promise.all(watching.map((one) => heartbeatOf(client, one.heartbeatDetails?.payloads)));
  const probing = kept.find(({ sent }) => sent !== null)?.sent ?? null;
  const trouble = await Promise.all(pending.map((activity) => troubleOf(client, activity)));
  return {
    workflowId: described.workflowId,
    runId: described.runId,
    execution: described.status.name,
    // Without a worker a query fails after a while; the description still says what Temporal knows.
    state: queried.kind === 'done' ? queried.value : null,
    live: kept.find(({ last }) => last !== null)?.last ?? null,
    ...(probing === null ? {} : { probing }),
    trouble: trouble.flat(),
    taskTrouble: failing.kind === 'done' ? failing.value : null,
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
  const events = await inTime(queryEvents(handle), QUERY_MS);
  if (events.kind !== 'done') {
    throw new RefusedError('no worker answers; start one with `cutover worker`');
  }
  return events.value;
}

export interface SwitchListing {
  readonly service: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly execution: string;
  /** `completed`, `rolled-back` or `refused`; null while it runs, when it ended otherwise, and where it is not known. */
  readonly outcome: string | null;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly closedAt: string | null;
}

/**
 * Switches of this namespace, newest first. `outcome` comes with the listing where the namespace has the search attribute: no
 * result is awaited and no history read.
 */
export async function listSwitches(
  client: Client,
  limit = 50,
  { open = false }: { open?: boolean } = {},
): Promise<SwitchListing[]> {
  const query = `WorkflowType IN ('${WORKFLOW_TYPE}', '${RECOVERY_TYPE}')${open ? " AND ExecutionStatus = 'Running'" : ''}`;
  const found: SwitchListing[] = [];
  for await (const one of client.workflow.list({ query })) {
    const startedBy = one.memo?.['startedBy'];
    const [ended] = (one.searchAttributes?.[ATTRIBUTE.outcome] ?? []) as readonly unknown[];
    found.push({
      service: one.workflowId.replace(/^cutover\//, ''),
      workflowId: one.workflowId,
      runId: one.runId,
      execution: one.status.name,
      outcome: typeof ended === 'string' ? ended : null,
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

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type Payloads = NonNullable<Pending['heartbeatDetails']>['payloads'];

interface Heartbeat {
  readonly last: WatchResult | null;
  readonly sent: SwitchStatus['probing'] | null;
}

/** Payloads and failures are read as this client is told to, so that a codec hides nothing from its owner. */
async function heartbeatOf(client: Client, payloads: Payloads): Promise<Heartbeat> {
  try {
    const [kept] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
    const { last = null, sent = null } = (kept ?? {}) as Partial<Heartbeat>;
    return { last, sent };
  } catch {
    return { last: null, sent: null };
  }
}

async function troubleOf(client: Client, activity: Pending): Promise<SwitchStatus['trouble']> {
  const { lastFailure } = activity;
  if (!lastFailure || lastFailure.applicationFailureInfo?.type === ('LookAgain' satisfies FailureType))
    return [];
  const failure = await decodeOptionalFailureToOptionalError(
    client.options.loadedDataConverter,
    lastFailure,
  ).then(
    (error) => error?.message ?? '',
    () => lastFailure.message ?? '',
  );
  const { activityType, attempt } = activity;
  return failure === '' ? [] : [{ activity: activityType?.name ?? '?', attempt: attempt ?? 0, failure }];
}
