/**
 * Server-side time skipping of single workflows, which the TypeScript SDK has no public option for yet (1.24): the request
 * fields are in its protos and are set here, and only here.
 * Invariant: `fastForward` resolves only when the workflow's clock stands at the target (or the workflow has ended).
 *
 * Facts measured on server 1.32.0 that callers must know:
 * - Time moves only while the workflow is idle: never with a running activity, whose timeouts count real seconds as ever.
 * - An activity sees the machine's clock. `currentAttemptScheduledTimestampMs` is the workflow's clock, and off in the next case:
 * - An activity that is waiting for a retry when a fast-forward begins gets that attempt at the first skip, early. Timers are exact,
 *   and so are retries in a run that skips from its start.
 * - When a session's skips are used up, skipping turns itself off without a word and the workflow goes on in real time.
 */
import type { ConnectionLike, WorkflowService } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { randomUUID } from 'node:crypto';
import { GRPC_NOT_FOUND, GRPC_UNIMPLEMENTED, hasGrpcCode } from '../temporal/grpc-code.ts';

const POLL_TIMED_OUT = 1;
const COMPLETED = 2;
const WORKFLOW_RUNNING = 1;

/**
 * Skips allowed in one session instead of the server's 200, which a switch with frequent probes uses up silently. Each skip is one
 * history event, so this keeps a runaway retry loop below the history limit of 51,200 events.
 */
const DEFAULT_MAX_SKIPS = 20_000;

type StartRequest = Parameters<WorkflowService['startWorkflowExecution']>[0];
type SignalWithStartRequest = Parameters<WorkflowService['signalWithStartWorkflowExecution']>[0];
type MultiRequest = Parameters<WorkflowService['executeMultiOperation']>[0];

/** The server is too old for time skipping, or has it switched off. */
export class TimeSkippingUnsupportedError extends Error {
  override readonly name = 'TimeSkippingUnsupportedError';
  constructor(cause?: unknown) {
    super(
      'This Temporal server cannot skip time: it needs server 1.32.0 or newer with ' +
        'the dynamic configuration frontend.WorkflowTimeSkippingEnabled=true. ' +
        "Unset TEMPORAL_ADDRESS to use cutover's own dev server, which has it.",
      { cause },
    );
  }
}

/** A workflow, and of it the latest run unless `runId` is given. */
export interface WorkflowTarget {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId?: string;
}

/** Whether the server has time skipping, switched on for `namespace`. */
export async function supportsTimeSkipping(
  connection: ConnectionLike,
  namespace = 'default',
): Promise<boolean> {
  try {
    // Asking about a workflow that cannot exist: a server with the feature says "not found", others "unimplemented".
    const workflowExecution = { workflowId: `cutover-feature-test-${randomUUID()}` };
    await connection.workflowService.pollWorkflowExecutionTimeSkipping({
      namespace,
      workflowExecution,
      fastForwardId: 'none',
    });
    return true;
  } catch (error) {
    if (hasGrpcCode(error, GRPC_UNIMPLEMENTED)) return false;
    if (hasGrpcCode(error, GRPC_NOT_FOUND)) return true;
    throw error;
  }
}

/**
 * A view of `connection` whose started workflows skip all idle time, from start to end. Give it to a `Client`; the original
 * stays as it is, and closing either closes both.
 */
export function withTimeSkipping<C extends ConnectionLike>(
  connection: C,
  options: { readonly maxSkips?: number } = {},
): C {
  const timeSkippingConfig = { enabled: true, maxSessionSkipCount: options.maxSkips ?? DEFAULT_MAX_SKIPS };
  const real = connection.workflowService;
  const overrides = {
    startWorkflowExecution: (request: StartRequest) =>
      explained(real.startWorkflowExecution({ ...request, timeSkippingConfig })),
    signalWithStartWorkflowExecution: (request: SignalWithStartRequest) =>
      explained(real.signalWithStartWorkflowExecution({ ...request, timeSkippingConfig })),
    executeMultiOperation: (request: MultiRequest) => {
      const operations = request.operations?.map((operation) =>
        operation.startWorkflow
          ? { ...operation, startWorkflow: { ...operation.startWorkflow, timeSkippingConfig } }
          : operation,
      );
      return explained(real.executeMultiOperation({ ...request, ...(operations ? { operations } : {}) }));
    },
  };
  const workflowService: unknown = Object.assign(Object.create(real), overrides);
  return Object.create(connection, { workflowService: { value: workflowService, enumerable: true } }) as C;
}

/** How a fast-forward ended: at its target, or with the workflow's own end before that. */
export type FastForwardOutcome = 'reached' | 'ended';

/**
 * Moves a running workflow's clock by `byMs` milliseconds and waits until it stands there, with all that became due on the
 * way done; then time runs normally again. `timeoutMs` (default 60,000) is real time and covers activities that run meanwhile.
 * @internal
 */
export async function fastForward(
  connection: ConnectionLike,
  request: WorkflowTarget & {
    readonly byMs: number;
    readonly timeoutMs?: number;
    readonly maxSkips?: number;
  },
): Promise<FastForwardOutcome> {
  const { namespace, byMs, timeoutMs = 60_000, maxSkips = DEFAULT_MAX_SKIPS } = request;
  const workflowExecution = executionOf(request);
  const id = randomUUID();
  const deadline = Date.now() + timeoutMs;
  const fastForwardConfig = { id, duration: msToTs(byMs) };
  const timeSkippingConfig = { enabled: true, fastForwardConfig, maxSessionSkipCount: maxSkips };
  try {
    await explained(
      connection.workflowService.updateWorkflowExecutionOptions({
        namespace,
        workflowExecution,
        workflowExecutionOptions: { timeSkippingConfig },
        updateMask: { paths: ['time_skipping_config'] },
      }),
    );
  } catch (error) {
    // It ended between the caller's last look and this request.
    if (hasGrpcCode(error, GRPC_NOT_FOUND) && String(error).includes('already completed')) return 'ended';
    throw error;
  }
  for (;;) {
    const poll = { namespace, workflowExecution, fastForwardId: id };
    const answer = await connection.withDeadline(deadline, () =>
      connection.workflowService.pollWorkflowExecutionTimeSkipping(poll),
    );
    const result: number = answer.fastForwardPollingResult;
    if (result === COMPLETED) return 'reached';
    if (result === POLL_TIMED_OUT) continue;
    const status = (await describe(connection, request)).workflowExecutionInfo?.status;
    if (Number(status) !== WORKFLOW_RUNNING) return 'ended';
    throw new Error(
      `The fast-forward of ${request.workflowId} by ${byMs} ms did not complete: ${answer.failedReason}`,
    );
  }
}

/** The workflow's own clock, or undefined if its time was never skipped (then it is the server's). @internal */
export async function virtualNow(
  connection: ConnectionLike,
  target: WorkflowTarget,
): Promise<Date | undefined> {
  const info = (await describe(connection, target)).workflowExtendedInfo?.timeSkippingInfo;
  return info?.currentTime ? new Date(tsToMs(info.currentTime)) : undefined;
}

function describe(connection: ConnectionLike, target: WorkflowTarget) {
  const { namespace } = target;
  return connection.workflowService.describeWorkflowExecution({ namespace, execution: executionOf(target) });
}

function executionOf(target: WorkflowTarget): { workflowId: string; runId?: string } {
  return { workflowId: target.workflowId, ...(target.runId === undefined ? {} : { runId: target.runId }) };
}

/** Turns the server's "unimplemented" into an error that says what to do. */
async function explained<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (hasGrpcCode(error, GRPC_UNIMPLEMENTED)) throw new TimeSkippingUnsupportedError(error);
    throw error;
  }
}
