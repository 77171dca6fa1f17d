/** Names that client and worker agree on. */
export const TASK_QUEUE = 'cutover';

/** The workflow id is the lock: Temporal allows one open run of it. */
export function switchWorkflowId(service: string): string {
  return `cutover/${service}`;
}

export const WORKFLOW_TYPE = 'switchover';

/** Brings users home after a switch that was ended from outside. */
export const RECOVERY_TYPE = 'recovery';
