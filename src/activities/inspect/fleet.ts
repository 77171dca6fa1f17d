/**
 * Asks every worker of the task queue whether it finds what a switch needs on it: what another worker put into the evidence store, the
 * probe set, the request lines. Any of them may make the next look.
 *
 * Invariant: each attempt of preflight that lands on a worker not asked before answers for that worker, and the answers travel in
 * heartbeat details; nobody can choose where an attempt lands, so a worker that stays silent is named after some seconds.
 */
import { hostname } from 'node:os';
import proto from '@temporalio/proto';
import { activityInfo, Context } from '@temporalio/activity';
import type { Plan } from '../../domain/plan.ts';
import type { Targets } from '../../domain/targets.ts';
import { keep, kept, lookAgain, signal } from '../attempt.ts';
import type { World } from '../world.ts';
import { blocks, warns, type Found } from './seen.ts';

/** What one worker finds; texts say why not. */
export interface Sight {
  /** `<pid>@<host>`. */
  readonly worker: string;
  readonly evidence: string | null;
  readonly probes: string | null;
  readonly telemetry: string | null;
  /** It sees request lines of the last minutes; null when telemetry could not be asked. */
  readonly hasLines: boolean | null;
}

/** Who is there to be asked. */
export interface Fleet {
  /** This worker. */
  readonly self: string;
  /** Those who polled for activities a moment ago. */
  workers(): Promise<readonly string[]>;
}

interface Asked {
  /** Digest of the document that the first worker put. */
  readonly marker: string;
  readonly sights: readonly Sight[];
}

/** Enough for a dozen workers; each attempt takes some 50 ms. */
const PATIENCE_MS = 6_000;
const AGAIN_MS = 20;
const LINES_MS = 15 * 60_000;
/** A poll lasts a minute, so whoever lives was seen within it. */
const SEEN_MS = 70_000;

/** Name under which this worker polls. */
export function workerName(): string {
  return `${process.pid}@${hostname()}`;
}

export const realFleet: Fleet = {
  get self() {
    return workerName();
  },
  async workers() {
    const { taskQueue, namespace, currentAttemptScheduledTimestampMs: nowMs } = activityInfo();
    const { connection } = Context.current().client;
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    });
    const names = (pollers ?? []).flatMap(({ identity, lastAccessTime }) =>
      nowMs - Number(lastAccessTime?.seconds?.toString() ?? 0) * 1000 < SEEN_MS ? [identity ?? ''] : [],
    );
    return [...new Set(names)].filter((name) => name !== '' && isThere(name));
  },
};

/** False of a process of this machine that has ended: the server lists it for a while. */
function isThere(name: string): boolean {
  const [pid, host] = name.split('@');
  if (host !== hostname()) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * @returns what is wrong, once every worker has answered or patience is over
 * @throws ApplicationFailure `LookAgain` while there is somebody left to ask
 */
export async function askWorkers(
  world: World,
  plan: Plan,
  targets: Targets,
  fleet: Fleet,
): Promise<readonly Found[]> {
  // In a rehearsal one process does everything, on a clock of its own.
  if (!world.realTime) return [];
  const before = kept() as Asked | null;
  const others = (await listed(fleet)).filter((name) => name !== fleet.self);
  if (before === null && others.length === 0) return [];
  const marker = before?.marker ?? (await mark(world, targets, fleet));
  if (marker === null) return [];
  const known = before?.sights ?? [];
  const sights = known.some(({ worker }) => worker === fleet.self)
    ? known
    : [...known, await sight(world, plan, targets, { marker, worker: fleet.self })];
  keep({ marker, sights } satisfies Asked);
  const silent = others.filter((name) => !sights.some(({ worker }) => worker === name));
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
  const isOver = currentAttemptScheduledTimestampMs - scheduledTimestampMs > PATIENCE_MS;
  if (silent.length > 0 && !isOver) {
    throw lookAgain(AGAIN_MS, `asking ${silent.length} more worker(s) what they find`);
  }
  return fleetFindings(sights, silent, fleet.self);
}

/** Nobody, where the server does not let us look. */
async function listed(fleet: Fleet): Promise<readonly string[]> {
  try {
    return await fleet.workers();
  } catch {
    signal().throwIfAborted();
    return [];
  }
}

/** Null when nothing can be put: then that is what is wrong, and it is found where the baseline is put. */
async function mark(world: World, targets: Targets, { self }: Fleet): Promise<string | null> {
  try {
    const store = await world.port('evidence', targets);
    return await store.put({ schema: 1, switchId: targets.switchId, putBy: self, atMs: world.now() });
  } catch {
    signal().throwIfAborted();
    return null;
  }
}

async function sight(
  world: World,
  plan: Plan,
  targets: Targets,
  { marker, worker }: { marker: string; worker: string },
): Promise<Sight> {
  const problem = async (read: () => Promise<unknown>): Promise<string | null> => {
    try {
      await read();
      return null;
    } catch (cause) {
      signal().throwIfAborted();
      return cause instanceof Error ? cause.message : String(cause);
    }
  };
  let hasLines: boolean | null = null;
  const [evidence, probes, telemetry] = await Promise.all([
    problem(async () => (await world.port('evidence', targets)).get(marker)),
    problem(() => world.prober(targets, plan.probes)),
    problem(async () => {
      const toMs = world.now();
      const query = { service: targets.service, fromMs: toMs - LINES_MS, toMs, regions: [] };
      const { freshestMs } = await (await world.port('telemetry', targets)).window(query, signal());
      hasLines = freshestMs !== null;
    }),
  ]);
  return { worker, evidence, probes, telemetry, hasLines };
}

/**
 * @param silent workers that were there and gave no answer
 * @param self finds for itself, with more care, what it cannot open
 */
function fleetFindings(sights: readonly Sight[], silent: readonly string[], self: string): readonly Found[] {
  const first = sights[0]?.worker ?? self;
  const seesLines = sights.find(({ hasLines }) => hasLines === true);
  const found: Found[] = [];
  for (const { worker, evidence, probes, telemetry } of sights) {
    if (evidence !== null) {
      found.push(
        blocks(
          'evidence-not-shared',
          `worker ${worker} cannot read what worker ${first} put: ${evidence}`,
          'name a store that all workers reach: `evidence: { use: s3, bucket: … }`, or run one worker',
        ),
      );
    }
    if (worker === self) continue;
    if (probes !== null) {
      found.push(
        blocks('probe-set-missing', `worker ${worker}: ${probes}`, 'every worker needs the set at that path'),
      );
    }
    if (telemetry !== null) {
      found.push(
        blocks('telemetry-not-shared', `worker ${worker}: ${telemetry}`, 'every worker reads telemetry'),
      );
    }
  }
  for (const { worker, hasLines } of seesLines === undefined ? [] : sights) {
    if (hasLines !== false) continue;
    found.push(
      blocks(
        'telemetry-not-shared',
        `worker ${worker} sees no request of the last 15 minutes, worker ${seesLines?.worker ?? ''} does`,
        'read request lines from where every worker finds the same',
      ),
    );
  }
  const heard = new Set(sights.map(({ worker }) => hostOf(worker)));
  const unheard = silent.filter((name) => !heard.has(hostOf(name)));
  if (unheard.length > 0) {
    found.push(
      warns(
        'worker-not-checked',
        `nobody knows what these workers find, they gave no answer: ${unheard.slice(0, 5).join(', ')}`,
        'see whether they live; if they do, start again',
      ),
    );
  }
  return found;
}

function hostOf(name: string): string {
  return name.slice(name.indexOf('@') + 1);
}
