/**
 * A worker: connect → the ports that plans name → activities → a Temporal Worker. The only place that composes them. Workers hold no
 * state of a switch; any number may run, and any may die. Run directly, this file is a worker process.
 */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { workerName } from './activities/inspect/fleet.ts';
import { plannedPorts, type World } from './activities/world.ts';
import type { Targets } from './domain/targets.ts';
import { connectSettings, security, type TemporalAddress } from './client/connect.ts';
import { inTime } from './in-time.ts';
import { TASK_QUEUE } from './client/names.ts';
import { temporalProblem, type TemporalTried } from './client/temporal-error.ts';
import { portRefs } from './domain/plan.ts';
import { redact } from './domain/redact.ts';
import type { ProviderScope } from './ports/index.ts';
import { askEntries } from './probes/pinned-entries.ts';
import { closeProbers, openProber } from './probes/prober.ts';
import { replayRequest } from './probes/replay.ts';
import { closePorts, openPort } from './providers/open.ts';
import { serviceEnvironments } from './providers/service-env.ts';
import { installRuntime } from './telemetry.ts';
import { buildOf, versioned, type WorkerBuild } from './worker-build.ts';

export { namedBuild, type WorkerBuild } from './worker-build.ts';

/**
 * By the wall clock: on a machine that is busy elsewhere a storm of messages takes seconds, and the end of an overlong activation
 * ends the whole process. The SDK takes this option but does not name it in its types.
 */
export const PATIENT_ISOLATE = { isolateExecutionTimeout: '1 minute' } as const;

export interface SwitchWorkerOptions extends Partial<TemporalAddress> {
  /** Default `cutover`. */
  readonly taskQueue?: string;
  /** Where the connection's profile and the providers' secrets are found. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the real one. A rehearsal brings its own. */
  readonly world?: World;
  /** Default: the bundle of the build, else the sources. */
  readonly workflow?: WorkflowSource;
  /** Default: as CUTOVER_DEPLOYMENT and CUTOVER_BUILD_ID say, else unversioned. */
  readonly build?: WorkerBuild;
  /**
   * Cache at least as many workflows as switches that run at once (default 500), never 0: the SDK drops a local activity of a run that
   * leaves the cache, and the switch stands still until its task times out, ten seconds.
   */
  readonly tuning?: Pick<WorkerOptions, 'maxCachedWorkflows' | 'maxConcurrentActivityTaskExecutions'>;
}

export interface SwitchWorker {
  readonly worker: Worker;
  readonly close: () => Promise<void>;
}

/** How long a server may take to let a worker in, ms. */
const CONNECT_MS = 10_000;

/** @throws UserError with one line and exit code 69, 77 or 78 when Temporal cannot be used. */
export async function createSwitchWorker(options: SwitchWorkerOptions = {}): Promise<SwitchWorker> {
  const { address, namespace, options: settings } = connectSettings(options, options.env);
  installRuntime('WARN');
  const env = options.env ?? process.env;
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  const tried: TemporalTried = { address, namespace, taskQueue, ...security(settings) };
  const connecting = NativeConnection.connect({
    address,
    ...('tls' in settings && settings.tls !== undefined ? { tls: settings.tls } : {}),
    ...('apiKey' in settings && typeof settings.apiKey === 'string' ? { apiKey: settings.apiKey } : {}),
    ...('metadata' in settings && settings.metadata !== undefined ? { metadata: settings.metadata } : {}),
  });
  const connected = await inTime(connecting, CONNECT_MS);
  if (connected.kind !== 'done') {
    const cause =
      connected.kind === 'failed' ? connected.cause : new Error(`no answer in ${CONNECT_MS / 1000} s`);
    throw temporalProblem(cause, tried);
  }
  const connection = connected.value;
  try {
    // Asked first: a worker that polls in vain says nothing for a long time.
    await connection.withDeadline(Date.now() + CONNECT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (cause) {
    await connection.close();
    throw temporalProblem(cause, tried);
  }
  const world = options.world ?? realWorld(env);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    // Preflight knows workers by it.
    identity: workerName(),
    activities: createActivities(world, env),
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
  const close = async (): Promise<void> => {
    await world.close?.();
    await connection.close();
  };
  return { worker, close };
}

/**
 * Runs a worker until SIGINT or SIGTERM: the first lets activities finish, a second one ends at once. Resolves after a graceful
 * stop, also when that was asked for before the worker was ready: as the first process of a container it has no one else to end it.
 */
export async function runWorker(options: SwitchWorkerOptions & { onReady?: () => void } = {}): Promise<void> {
  let asked = 0;
  let stopNow: () => void = () => undefined;
  const stopped = new Promise<null>((resolve) => {
    stopNow = () => resolve(null);
  });
  const stop = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked === 1) stopNow();
    else process.kill(process.pid, signal === 'SIGINT' ? 'SIGKILL' : signal);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    installRuntime('INFO');
    const creating = createSwitchWorker(options);
    const made = await Promise.race([creating, stopped]);
    if (made === null) {
      creating.catch(() => undefined);
      return;
    }
    await runUntil(made, stopped, options);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function runUntil(
  { worker, close }: SwitchWorker,
  stopped: Promise<null>,
  options: Parameters<typeof runWorker>[0] & object,
): Promise<void> {
  stopped.then(() => worker.shutdown()).catch(() => undefined);
  options.onReady?.();
  try {
    await worker.run();
  } catch (cause) {
    // The core's own errors speak of the server; anything else is ours.
    if (!(cause instanceof Error && cause.name === 'TransportError')) throw cause;
    const { address, namespace, options: settings } = connectSettings(options, options.env);
    const taskQueue = options.taskQueue ?? TASK_QUEUE;
    throw temporalProblem(cause, { address, namespace, taskQueue, ...security(settings) });
  } finally {
    await close();
  }
}

/** Providers by the plan's references, probes by its set, and the wall clock. */
export function realWorld(env: ProviderScope['env']): World {
  const environment = serviceEnvironments(env);
  const used = new Set<ProviderScope['env']>();
  const scope = (targets: Targets): ProviderScope => {
    const its = environment(targets.service);
    used.add(its);
    return scopeOf(targets, its);
  };
  return {
    now: () => Date.now(),
    realTime: true,
    port: plannedPorts((name, ref, t) => openPort(name, ref, scope(t), portRefs(t.providers))),
    prober: (t, probes) => openProber(scope(t), probes),
    async custom(t, gate, window, context) {
      const port = await openPort('gate', { use: gate.kind }, scope(t));
      const { from, to, switchId } = t;
      const { step, fromMs: windowFromMs, toMs: windowToMs } = window;
      const { name, options } = gate;
      const judged = await port.judge(
        { name, options, switchId, step, from, to, windowFromMs, windowToMs },
        context,
      );
      return { ...judged, reason: redact(judged.reason) };
    },
    step: (t, action) => openPort('step', action, scope(t)),
    async release(t) {
      await Promise.all([closePorts(scope(t)), closeProbers(scope(t))]);
    },
    async close() {
      await Promise.all([...used].flatMap((its) => [closePorts({ env: its }), closeProbers({ env: its })]));
    },
    pinned: (t, color, signal) => askEntries(scope(t), color, signal),
    replay: (t, color, request, signal, dialects) =>
      replayRequest(scope(t), color, request, signal, dialects),
  };
}

function scopeOf(targets: Targets, env: ProviderScope['env']): ProviderScope {
  const { service, from, to, entry, colorUrls } = targets;
  return { service, from, to, entry, colorUrls, env };
}

export type WorkflowSource = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

/** The workflow code: the bundle made at build time if this runs from `dist`, else the sources, bundled as the worker starts. */
export function workflowSource(): WorkflowSource {
  const isBuilt = import.meta.url.endsWith('.js');
  // Bundling at build time is what lets CI see what is in it.
  const prebuilt = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (isBuilt && existsSync(prebuilt)) return { workflowBundle: { codePath: prebuilt } };
  const entry = isBuilt ? './workflows/index.js' : './workflows/index.ts';
  return { workflowsPath: fileURLToPath(new URL(entry, import.meta.url)) };
}

/** As a process of its own it prints one JSON line when it polls, and ends when its stdin does if so asked. */
async function main(): Promise<void> {
  if (process.env['CUTOVER_WATCH_STDIN'] === '1') {
    process.stdin.resume();
    process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
  }
  await runWorker({
    onReady: () => process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`),
  });
  process.exit(0);
}

const started = process.argv[1];
if (started !== undefined && existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url))
  void main();
