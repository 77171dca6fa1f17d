/** Starts a switch. Temporal itself is the lock: one open switch a service. */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes, SearchAttributeType } from '@temporalio/common';
import { RefusedError } from '../domain/errors.ts';
import type { Finding } from '../domain/finding.ts';
import type { Plan } from '../domain/plan.ts';
import { ATTRIBUTE } from '../domain/search-attributes.ts';
import type { Outcome } from '../domain/state.ts';
import { admittedUpdate } from '../workflows/messages.ts';
import type { SwitchInput } from '../workflows/input.ts';
import { inTime } from '../in-time.ts';
import { findAttributes } from '../temporal/search-attributes.ts';
import { switchWorkflowId, TASK_QUEUE, WORKFLOW_TYPE } from './names.ts';

export interface StartOptions {
  readonly plan: Plan;
  readonly planDigest: string;
  /** Who starts it, e.g. `ana@ops-1`. */
  readonly by: string;
  /** Default `cutover`. */
  readonly taskQueue?: string;
  /** Default `cutover/<service>`. */
  readonly workflowId?: string;
}

/** As Temporal's client types it. */
export type SwitchWorkflow = (input: SwitchInput) => Promise<Outcome>;

export type SwitchHandle = WorkflowHandle<SwitchWorkflow>;

const ATTRIBUTES = {
  service: defineSearchAttributeKey(ATTRIBUTE.service, SearchAttributeType.KEYWORD),
  stage: defineSearchAttributeKey(ATTRIBUTE.stage, SearchAttributeType.KEYWORD),
  weight: defineSearchAttributeKey(ATTRIBUTE.weight, SearchAttributeType.DOUBLE),
};

/** @throws RefusedError naming who is switching already, since when and where. */
export function startSwitch(client: Client, options: StartOptions): Promise<SwitchHandle> {
  return startRun(client, WORKFLOW_TYPE, options, {});
}

/** Starts a workflow of the service's own id, a switch or a recovery. */
export async function startRun(
  client: Client,
  type: string,
  { plan, planDigest, by, ...options }: StartOptions,
  more: object,
): Promise<SwitchHandle> {
  const workflowId = options.workflowId ?? switchWorkflowId(plan.service);
  // A namespace without them, or with others of the same names, takes a switch that sets none.
  const found = await findAttributes(client.connection, client.options.namespace);
  const searchAttributes = found.state === 'ok';
  const input: SwitchInput = { plan, planDigest, startedBy: by, searchAttributes };
  const summary = `${plan.service}: ${plan.from} → ${plan.to} (${plan.colors[plan.to].release})`;
  try {
    return (await client.workflow.start(type, {
      workflowId,
      taskQueue: options.taskQueue ?? TASK_QUEUE,
      args: [{ ...input, ...more }],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { startedBy: by, planDigest, from: plan.from, to: plan.to },
      staticSummary: (type === WORKFLOW_TYPE ? summary : `${plan.service}: everybody to ${plan.from}`).slice(
        0,
        200,
      ),
      ...(searchAttributes
        ? {
            typedSearchAttributes: new TypedSearchAttributes([
              { key: ATTRIBUTES.service, value: plan.service },
              { key: ATTRIBUTES.stage, value: 'preflight' },
              { key: ATTRIBUTES.weight, value: 0 },
            ]),
          }
        : {}),
    })) as SwitchHandle;
  } catch (cause) {
    if (cause instanceof WorkflowExecutionAlreadyStartedError)
      throw await alreadySwitching(client, workflowId);
    throw cause;
  }
}

/** Waits for preflight's answer; null when no worker gave one in time. */
export async function admitted(
  handle: SwitchHandle,
  withinMs: number,
): Promise<{ admitted: boolean; findings: readonly Finding[] } | null> {
  const answer = handle.executeUpdate(admittedUpdate).catch(async (cause: unknown) => {
    // A switch that was refused may close before the update is served: its result says the same.
    if (!(cause instanceof WorkflowNotFoundError)) {
      const closed = await handle.describe();
      if (closed.status.name === 'RUNNING') throw cause;
    }
    const outcome = await handle.result();
    return outcome.kind === 'refused'
      ? { admitted: false, findings: outcome.findings }
      : { admitted: true, findings: [] };
  });
  const known = await inTime(answer, withinMs);
  if (known.kind === 'failed') throw known.cause;
  return known.kind === 'late' ? null : known.value;
}

async function alreadySwitching(client: Client, workflowId: string): Promise<RefusedError> {
  const running = await client.workflow.getHandle(workflowId).describe();
  const memo: { startedBy?: unknown } = running.memo ?? {};
  const who = typeof memo.startedBy === 'string' ? memo.startedBy : 'somebody';
  return new RefusedError(
    `${workflowId} is switching already: started by ${who} at ${running.startTime.toISOString()}, ` +
      `run ${running.runId} in namespace ${client.options.namespace}; see \`cutover status\``,
  );
}
