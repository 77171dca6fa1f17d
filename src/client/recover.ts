/**
 * Recovery of a service whose switch was ended from outside (terminated, failed, timed out, or replaced by another start): finds that
 * switch, says where users are, and brings them all to one color.
 */
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { Surroundings } from '../activities/api.ts';
import { otherColor, type Color } from '../domain/color.ts';
import { RefusedError } from '../domain/errors.ts';
import type { Plan } from '../domain/plan.ts';
import { planDigest } from '../plan/digest.ts';
import type { SwitchInput } from '../workflows/input.ts';
import { inTime } from '../in-time.ts';
import { RECOVERY_TYPE, switchWorkflowId } from './names.ts';
import { startRun, type SwitchHandle } from './start.ts';

const LOOK_MS = 60_000;

export interface PastSwitch {
  readonly workflowId: string;
  /** Run id of the first run: a long switch continues as new. */
  readonly switchId: string;
  readonly runId: string;
  /** Temporal's word, e.g. `TERMINATED`. */
  readonly execution: string;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly taskQueue: string;
  readonly closedAt: string | null;
}

export interface Stranded {
  /** The newest run of the service. */
  readonly last: PastSwitch;
  /** The run that wrote what stands at the edge; null when nobody here did. */
  readonly writer: PastSwitch | null;
  readonly found: Surroundings;
}

/**
 * Reads through a worker, which has the providers' secrets.
 * @throws RefusedError when a switch is running, none ever was, or no worker answers.
 */
export async function findStranded(client: Client, service: string): Promise<Stranded> {
  const last = await readRun(client, service);
  if (last === null) throw new RefusedError(`no switch of ${service} was found; see \`cutover list\``);
  if (last.execution === 'RUNNING') {
    throw new RefusedError(
      `a switch of ${service} is running (run ${last.runId}) and brings users home by itself: \`cutover rollback ${service}\``,
    );
  }
  const { plan, planDigest, taskQueue } = last;
  const input: SwitchInput = { plan, planDigest, startedBy: 'recover', searchAttributes: false };
  const looking = client.workflow.execute('surroundings', {
    workflowId: `cutover-look/${service}/${randomUUID().slice(0, 8)}`,
    taskQueue,
    args: [input],
    workflowExecutionTimeout: LOOK_MS,
  }) as Promise<Surroundings>;
  const found = await inTime(looking, LOOK_MS);
  if (found.kind === 'late') {
    throw new RefusedError(`no worker answers on task queue ${taskQueue}; start one with \`cutover worker\``);
  }
  if (found.kind === 'failed') throw found.cause;
  const writerId = found.value.edge?.writer.split('/')[0];
  const writer = writerId === undefined ? null : await readRun(client, service, writerId);
  return { last, writer, found: found.value };
}

/** Where everybody was before the switch that stands at the edge. */
export function proposal({ last, writer }: Stranded): Color {
  return (writer ?? last).plan.from;
}

/** Starts the recovery; its id is the service's, so no switch begins before it has ended. */
export function startRecovery(
  client: Client,
  { last, writer }: Stranded,
  { to, by, reason }: { to: Color; by: string; reason: string },
): Promise<SwitchHandle> {
  const { plan } = writer ?? last;
  const { workflowId, taskQueue } = last;
  const homeward: Plan = { ...plan, from: to, to: otherColor(to) };
  return startRun(
    client,
    RECOVERY_TYPE,
    { plan: homeward, planDigest: planDigest(homeward), by, taskQueue, workflowId },
    { reason },
  );
}

/** Null when there is no such run, or none of ours. */
export async function readRun(client: Client, service: string, runId?: string): Promise<PastSwitch | null> {
  const workflowId = switchWorkflowId(service);
  let described: WorkflowExecutionDescription;
  try {
    described = await client.workflow.getHandle(workflowId, runId).describe();
  } catch (cause) {
    // What another writer put before the slash need not be a run id at all.
    if (cause instanceof WorkflowNotFoundError || runId !== undefined) return null;
    throw cause;
  }
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId: described.runId },
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const payloads = started?.input?.payloads;
  const [input] = (await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads)) as [
    SwitchInput | undefined,
  ];
  if (input === undefined) return null;
  return {
    workflowId,
    switchId: started?.firstExecutionRunId ?? described.runId,
    runId: described.runId,
    execution: described.status.name,
    plan: input.plan,
    planDigest: input.planDigest,
    taskQueue: described.taskQueue,
    closedAt: described.closeTime?.toISOString() ?? null,
  };
}
