/** Writes to the edge config: bound to one generation going forward, over whatever stands there going back. */
import { ApplicationFailure } from '@temporalio/activity';
import type { Color } from '../domain/color.ts';
import { firstConfig, nextEdgeConfig, shareOn, type EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError } from '../domain/errors.ts';
import type { FailureType } from '../domain/failure-type.ts';
import type { ConfigStorePort, StoreWriteContext, TrafficPort } from '../ports/index.ts';
import type { EdgeActivities, EdgeState, SeenByRegions } from './edge-api.ts';
import type { Targets } from '../domain/targets.ts';
import { kept, scheduledNow, signal, stillWanted, writeContext } from './attempt.ts';
import { observed, TRAFFIC, type EdgeParts } from './edge/regions.ts';
import { restore } from './edge/restore.ts';
import { schedulesSettled } from './edge/schedules.ts';
import { StoreReads } from './edge/store-reads.ts';
import { fitOf, follow } from './edge/weight.ts';
import type { World } from './world.ts';

/** `from`'s health may delay a rollback by no more than this. */
const HEALTH_BUDGET_MS = 1500;

export function edgeActivities(world: World): EdgeActivities {
  const reads = new StoreReads(world.realTime ? () => performance.now() : scheduledNow);
  return {
    async writeEdge(input) {
      const { targets, step, movesUsers = false, seenWithinMs: withinMs } = input;
      const edge = await partsOf(world, targets);
      const { store, traffic } = edge;
      if (traffic !== null) await checkWeight(edge, traffic, reads, input);
      const written = await writeOnce(edge, reads, input);
      reads.note(targets, written.generation);
      const other = traffic === null ? null : await follow({ traffic, store, targets }, written, movesUsers);
      if (other !== null) throw conflict(step, written.generation, other);
      const { standing, isLost, ...seen } = await observed(
        world,
        { ...edge, reads },
        { targets, written, withinMs },
      );
      if (standing !== null) throw conflict(step, written.generation, standing);
      if (isLost) throw lost(step, written.generation);
      if (seen.foreign.includes(TRAFFIC)) throw takenWeight(step, seen.detail);
      return { ...(await stateOf(written, edge, targets)), ...seen };
    },

    async readEdge({ targets, atLeast, schedules = false }) {
      const sinceMs = Date.now();
      const state = await edgeStateOf(world, targets, (store) => reads.fresh(store, targets, atLeast));
      if (state === null || !schedules) return state;
      return { ...state, schedules: await schedulesSettled(world, targets, state.producer, sinceMs) };
    },

    async lookBeforeRetire({ targets, color }) {
      const queue = await world.port('queue', targets);
      const [edge, jobs] = await Promise.all([
        edgeStateOf(world, targets, (store) => reads.fresh(store, targets)),
        queue === null ? null : queue.depth(color, signal()),
      ]);
      if (jobs === null) return { edge, jobs };
      const { ready, inFlight, delayed, dead } = jobs;
      return { edge, jobs: { ready, inFlight, delayed, dead } };
    },

    async awaitGeneration({ targets, generation, weightPercent, withinMs, again }): Promise<SeenByRegions> {
      let written = { generation, weightPercent, to: targets.to };
      const edge = { ...(await partsOf(world, targets)), reads };
      for (;;) {
        const looked = { targets, written, withinMs, isWayBack: again !== undefined };
        const { standing: _, isLost, ...seen } = await observed(world, edge, looked);
        if (!isLost || again === undefined) return seen;
        const stored = await edge.store.read(signal());
        const input = { targets, ...again, stored, newest: written.generation };
        written = { ...written, generation: (await restore(edge, reads, input)).config.generation };
      }
    },

    async restoreTraffic({ targets, step, patch, force, newest = 0 }) {
      const [store, traffic] = await Promise.all([
        world.port('store', targets),
        world.port('traffic', targets),
      ]);
      const [stored, health] = await Promise.all([
        store.read(signal()),
        force ? 'its health was not asked, a person ordered it' : healthOf(world, targets, targets.from),
      ]);
      const asked = { fromHealth: health, unconfirmed: null };
      if (!force && health.startsWith('down')) {
        return { ...asked, restored: false, generation: 0, weightPercent: -1 };
      }
      const input = { targets, step, patch, stored, newest };
      const { config, unconfirmed } = await restore({ store, traffic }, reads, input);
      const { generation, weightPercent } = config;
      return { restored: true, fromHealth: health, generation, weightPercent, unconfirmed };
    },
  };
}

async function partsOf(world: World, targets: Targets): Promise<EdgeParts> {
  const [store, router, traffic] = await Promise.all([
    world.port('store', targets),
    world.port('router', targets),
    world.port('traffic', targets),
  ]);
  return { store, router, traffic };
}

type WriteInput = Parameters<EdgeActivities['writeEdge']>[0];

/** A weight that somebody else set is not written over before a person has agreed to that. */
async function checkWeight(
  { store }: EdgeParts,
  traffic: TrafficPort,
  reads: StoreReads,
  { targets, step, expected, over }: WriteInput,
): Promise<void> {
  const stored = (await reads.fresh(store, targets, expected)) ?? firstConfig(targets);
  // Ours already, of an attempt that ended in between; or another's, which the write itself will find.
  if (stored.generation !== expected) return;
  const { weightPercent, writer } = await stateOf(stored, { traffic }, targets);
  if (writer === stored.writer || writer === over) return;
  throw takenWeight(step, `${weightPercent} % by ${writer}`);
}

async function writeOnce(edge: EdgeParts, reads: StoreReads, input: WriteInput): Promise<EdgeConfig> {
  const { targets, step, expected } = input;
  const { store } = edge;
  const context = writeContext(targets, step);
  const stored = await reads.fresh(store, targets, expected);
  if (stored?.writer === context.idempotencyKey) return readBack(store, stored, input, context);
  if ((stored?.generation ?? 0) !== expected) throw conflict(step, expected, stored);
  const spreadMs = Math.min(spreadOf(edge), input.seenWithinMs);
  if (input.leaseLeftMs !== undefined) await checkLease(store, stored, step, input.leaseLeftMs + spreadMs);
  const patch = { ...input.patch, switchStartedMs: targets.startedMs };
  const newest = reads.newest(targets, input.newest);
  const next = nextEdgeConfig(stored ?? firstConfig(targets), patch, context.idempotencyKey, newest);
  const freeze = input.freezeForMs === undefined ? {} : { freezeForMs: input.freezeForMs + 2 * spreadMs };
  const follows = stored?.generation ?? 0;
  await stillWanted();
  try {
    return await store.compareAndSet(next, { ...context, ...freeze, follows });
  } catch (cause) {
    if (!isReread(cause)) throw cause;
    const now = await reads.fresh(store, targets, expected);
    // A lost reply: the write was ours after all.
    if (now?.writer === context.idempotencyKey) return readBack(store, now, input, context);
    // Nobody else wrote, and yet it was refused: the store's answers do not fit each other.
    if ((now?.generation ?? 0) === expected) {
      throw new ProviderError(
        'retry',
        'config store',
        `${step} was refused, but generation ${expected} stands`,
      );
    }
    throw conflict(step, expected, now);
  }
}

/** Longest time until a write is everywhere, ms. */
function spreadOf({ router, traffic }: EdgeParts): number {
  return Math.max(router.capabilities.propagation.maxMs, traffic?.capabilities.propagation.maxMs ?? 0);
}

/** Our own write, found by a later attempt: whether it ever got on its way to the routers was perhaps never seen. */
async function readBack(
  store: ConfigStorePort,
  stored: EdgeConfig,
  { step, expected }: WriteInput,
  context: StoreWriteContext,
): Promise<EdgeConfig> {
  // The attempt before this one had read it back, and was only waiting for regions.
  if (kept() !== null) return stored;
  try {
    return await store.compareAndSet(stored, context);
  } catch (cause) {
    if (!isReread(cause)) throw cause;
    throw conflict(step, expected, await store.read(signal()));
  }
}

async function checkLease(
  store: ConfigStorePort,
  stored: EdgeConfig | null,
  step: string,
  neededMs: number,
): Promise<void> {
  const leftMs = (stored?.freezeUntilMs ?? 0) - (await store.clock(signal()));
  if (leftMs >= neededMs) return;
  throw ApplicationFailure.nonRetryable(
    `${step}: the write freeze has ${Math.max(0, leftMs)} ms left and ${neededMs} ms are needed for the write to get everywhere`,
    'LeaseExpired' satisfies FailureType,
  );
}

function isReread(cause: unknown): boolean {
  return cause instanceof ProviderError && cause.kind === 'reread';
}

function takenWeight(step: string, detail: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${step}: somebody else set the weight: ${detail}`,
    'EdgeConflict' satisfies FailureType,
  );
}

function lost(step: string, generation: number): ProviderError {
  return new ProviderError(
    'retry',
    'config store',
    `${step}: generation ${generation} was stored and is gone, the store keeps to an older one: written anew`,
  );
}

function conflict(step: string, expected: number, stored: EdgeConfig | null): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${step} was computed from generation ${expected}, but ${stored?.generation ?? 0} by ${stored?.writer ?? 'nobody'} stands`,
    'EdgeConflict' satisfies FailureType,
  );
}

export async function healthOf(world: World, targets: Targets, which: Color): Promise<string> {
  const color = await world.port('color', targets);
  const timeout = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`no answer within ${HEALTH_BUDGET_MS} ms`), HEALTH_BUDGET_MS).unref();
  });
  const asked = color.health(which, signal()).then(
    (contracts) => {
      if (contracts.every((one) => !one.ok)) return 'down: not healthy in any region';
      const hasRoom = contracts.some(({ capacity }) => capacity === undefined || capacity.max > 0);
      return hasRoom ? 'healthy' : 'down: no capacity';
    },
    (cause: unknown) => `down: ${cause instanceof Error ? cause.message : String(cause)}`,
  );
  return Promise.race([asked, timeout]);
}

/** What stands now, as `read` finds it in the store; null when nothing was ever written. */
export async function edgeStateOf(
  world: World,
  targets: Targets,
  read: (store: ConfigStorePort) => Promise<EdgeConfig | null> = (store) => store.read(signal()),
): Promise<EdgeState | null> {
  const [store, traffic] = await Promise.all([world.port('store', targets), world.port('traffic', targets)]);
  const stored = await read(store);
  return stored === null ? null : stateOf(stored, { traffic }, targets);
}

/**
 * The share on this switch's `to`, whichever way the document itself goes: before its first write the last switch's stands. A
 * vendor's own weight is what really moves users, so it is what is told, with whoever set it if that was somebody else.
 */
async function stateOf(
  config: EdgeConfig,
  { traffic }: Pick<EdgeParts, 'traffic'>,
  targets: Targets,
): Promise<EdgeState> {
  const { generation, freezeUntilMs, producer, writes, writer } = config;
  const state = { generation, freezeUntilMs, producer, writes, writer };
  if (traffic === null) return { ...state, weightPercent: shareOn(config, targets.to) };
  const reading = await traffic.readBack(signal());
  const { weightPercent } = reading;
  const fit = fitOf(reading, config, targets);
  if (fit === 'foreign') return { ...state, weightPercent, writer: reading.writer ?? '' };
  return fit === 'unknown'
    ? { ...state, weightPercent, writer: 'somebody at the vendor of the traffic' }
    : { ...state, weightPercent };
}
