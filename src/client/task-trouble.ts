/**
 * Whether a workflow's task keeps failing. Such a switch takes signals, obeys none and answers no query: without a look at its
 * history that is the same picture as "no worker".
 */
import type { WorkflowExecutionDescription, WorkflowService } from '@temporalio/client';

export interface TaskTrouble {
  /** The one that is due now, from 2. */
  readonly attempt: number;
  /** The last failure, one line, e.g. a nondeterminism error of a build that cannot replay this switch. */
  readonly failure: string;
}

/** How far back the last failure is looked for. */
const EVENTS = 20;

/** Null when the task does not fail. Throws what the server throws. */
export async function taskTrouble(
  workflowService: Pick<WorkflowService, 'getWorkflowExecutionHistoryReverse'>,
  namespace: string,
  described: WorkflowExecutionDescription,
): Promise<TaskTrouble | null> {
  const attempt = described.raw.pendingWorkflowTask?.attempt ?? 0;
  if (attempt < 2) return null;
  const { workflowId, runId } = described;
  const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution: { workflowId, runId },
    maximumPageSize: EVENTS,
  });
  for (const event of history?.events ?? []) {
    const message = event.workflowTaskFailedEventAttributes?.failure?.message;
    if (typeof message === 'string') return { attempt, failure: message.split('\n')[0]?.slice(0, 300) ?? '' };
    if (event.workflowTaskTimedOutEventAttributes) {
      return { attempt, failure: 'a worker took it and did not answer in time' };
    }
  }
  return { attempt, failure: 'the server does not say why' };
}
