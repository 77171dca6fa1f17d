/**
 * A worker: the only place that composes providers, activities and a Temporal Worker. Workers hold no state of a switch;
 * any number may run, and any may die.
 */
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type LogLevel,
  type WorkerOptions,
} from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { workerName } from '../activities/inspect/fleet.ts';
import type { World } from '../activities/world.ts';
import { connectSettings, EXIT_UNAVAILABLE, type TemporalAddress } from '../client/connect.ts';
import { TASK_QUEUE } from '../client/names.ts';
import { UserError } from '../domain/errors.ts';
import { redact } from '../domain/redact.ts';
import { workflowSource, type WorkflowSource } from './bundle.ts';
import { buildOf, versioned, type WorkerBuild } from './versioning.ts';
import { realWorld } from './world.ts';

/**
 * By the wall clock: on a machine that is busy elsewhere a storm of messages takes seconds, and the end of an overlong activation
 * ends the whole process. The SDK takes this option but does not name it in its types.
 */
export const PATIENT_ISOLATE = { isolateExecutionTimeout: '1 minute' } as const;

export interface SwitchWorkerOptions extends Partial<TemporalAddress> {
  /** Default `cutover`. */
  readonly taskQueue?: string;
  /** Where providers find their secrets. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the real one. A rehearsal brings its own. */
  readonly world?: World;
  /** Default: the bundle of the build, else the sources. */
  readonly workflow?: WorkflowSource;
  /** Default: as CUTOVER_DEPLOYMENT and CUTOVER_BUILD_ID say, else unversioned. */
  readonly build?: WorkerBuild;
  readonly tuning?: Pick<WorkerOptions, 'maxCachedWorkflows' | 'maxConcurrentActivityTaskExecutions'>;
}

export interface SwitchWorker {
  readonly worker: Worker;
  readonly close: () => Promise<void>;
}

/**
 * The SDK's runtime is one for a process and must be set up before anything else of it is used. Ours are the only signal
 * handlers: the SDK's would end the process in their own way.
 */
export function installRuntime(level: LogLevel): void {
  if (installed) return;
  installed = true;
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger(level, writeJsonLine) });
}

let installed = false;

/** One JSON line a record on stderr: stdout belongs to the command. */
function writeJsonLine({
  level,
  message,
  meta,
  timestampNanos,
}: Parameters<NonNullable<ConstructorParameters<typeof DefaultLogger>[1]>>[0]): void {
  const ts = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  process.stderr.write(`${redact(JSON.stringify({ ts, level, message, ...meta }))}\n`);
}

/** @throws UserError with exit code 69 when Temporal does not answer. */
export async function createSwitchWorker(options: SwitchWorkerOptions = {}): Promise<SwitchWorker> {
  const { address, namespace, options: settings } = connectSettings(options);
  installRuntime('WARN');
  const env = options.env ?? process.env;
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect({
      address,
      ...('tls' in settings && settings.tls !== undefined ? { tls: settings.tls } : {}),
      ...('apiKey' in settings && typeof settings.apiKey === 'string' ? { apiKey: settings.apiKey } : {}),
      ...('metadata' in settings && settings.metadata !== undefined ? { metadata: settings.metadata } : {}),
    });
  } catch (cause) {
    throw new UserError(`no Temporal server answers at ${address}`, {
      hint: 'run `cutover dev` for a local one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE',
      exitCode: EXIT_UNAVAILABLE,
      cause,
    });
  }
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    // Preflight knows workers by it.
    identity: workerName(),
    activities: createActivities(options.world ?? realWorld(env), env),
    ...(options.workflow ?? workflowSource()),
    maxCachedWorkflows: 500,
    maxConcurrentActivityTaskExecutions: 100,
    ...PATIENT_ISOLATE,
    // A parked switch holds no slot, and a rollback must find a poller free.
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
    // Activities beat every second; let most of it through, or a late beat would look like a dead worker.
    maxHeartbeatThrottleInterval: '2 seconds',
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
    ...versioned(options.build ?? buildOf(env)),
    ...options.tuning,
  });
  return { worker, close: () => connection.close() };
}

/**
 * Runs a worker until SIGINT or SIGTERM: the first lets activities finish, a second one ends at once. Resolves after a graceful
 * stop.
 */
export async function runWorker(options: SwitchWorkerOptions & { onReady?: () => void } = {}): Promise<void> {
  installRuntime('INFO');
  const { worker, close } = await createSwitchWorker(options);
  let asked = 0;
  const stop = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked === 1) worker.shutdown();
    else process.kill(process.pid, signal === 'SIGINT' ? 'SIGKILL' : signal);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  options.onReady?.();
  try {
    await worker.run();
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await close();
  }
}
