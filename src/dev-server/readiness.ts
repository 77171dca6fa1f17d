/**
 * Decides whether a Temporal server can really be used, not only whether its port is open.
 * Invariant: after `waitUntilReady` a workflow with cutover's search attributes can be started at once: the frontend is
 * serving, the history service answers for this namespace, and the attributes are known to it.
 */
import { Connection } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { portIsOpen } from './free-port.ts';
import { GRPC_NOT_FOUND, hasGrpcCode } from '../temporal/grpc-code.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import type { SearchAttributeTypes } from '../temporal/search-attributes.ts';

const SERVING = 1;
const FRONTEND = 'temporal.api.workflowservice.v1.WorkflowService';

export interface ReadinessOptions {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly namespace: string;
  readonly searchAttributes: SearchAttributeTypes;
  /** Stops the wait, e.g. because the process has ended or time is up. */
  readonly signal: AbortSignal;
}

/** Waits until the server is usable. Throws the last problem seen when `signal` aborts. */
export async function waitUntilReady(options: ReadinessOptions): Promise<void> {
  // A gRPC channel that once failed to connect waits a second and more before it tries again; so the port comes first.
  while (!(await portIsOpen(options.port))) {
    if (options.signal.aborted) throw new Error('its port is closed');
    await sleep(20);
  }
  const connection = Connection.lazy({ address: `127.0.0.1:${options.port}` });
  let problem: unknown;
  try {
    while (!options.signal.aborted) {
      try {
        await connection.withDeadline(Date.now() + 2_000, () => probe(connection, options));
        return;
      } catch (error) {
        problem = error;
      }
      await sleep(50);
    }
  } finally {
    await connection.close();
  }
  throw problem instanceof Error ? problem : new Error('no answer');
}

async function probe(connection: Connection, options: ReadinessOptions): Promise<void> {
  const { namespace, searchAttributes } = options;
  const health = await connection.healthService.check({ service: FRONTEND });
  const status: number = health.status;
  if (status !== SERVING) throw new Error('the frontend is not serving yet');
  await checkNamespace(connection, namespace);
  await registerSearchAttributes(connection, namespace, searchAttributes);
}

/** Throws unless namespace and history service answer: asking for a workflow that cannot exist must say "not found". */
async function checkNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.describeNamespace({ namespace });
  try {
    const workflowId = 'cutover-readiness-probe';
    await connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } });
  } catch (error) {
    if (!hasGrpcCode(error, GRPC_NOT_FOUND)) throw error;
  }
}
