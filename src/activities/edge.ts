/** Writes to the edge config: bound to one generation going forward, over whatever stands there going back. */
import { ApplicationFailure } from '@temporalio/activity';
import type { Color } from '../domain/color.ts';
import { nextEdgeConfig, type EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError } from '../domain/errors.ts';
import type { FailureType } from '../domain/failure-type.ts';
import type { EdgePort, EdgeWriteContext } from '../ports/index.ts';
import type { Activities, EdgeState, SeenByRegions, Targets } from './api.ts';
import { kept, signal, stillWanted, writeContext } from './attempt.ts';
import { firstConfig } from './edge/first-config.ts';
import { observed } from './edge/regions.ts';
import { restore } from './edge/restore.ts';
import { StoreReads } from './edge/store-reads.ts';
import type { World } from './world.ts';

/** `from`'s health may delay a rollback by no more than this. */
const HEALTH_BUDGET_MS = 1500;

export type EdgeActivities = Pick<
  Activities,
  'writeEdge' | 'readEdge' | 'awaitGeneration' | 'restoreTraffic'
>;

export function edgeActivities(world: World): EdgeActivities {
  const reads = new StoreReads();
  return {
    async writeEdge(input) {
      const { targets, step, seenWithinMs: withinMs } = input;
      const edge = await world.port('edge', targets);
      const written = await writeOnce(edge, reads, input);
      reads.note(targets, written.generation);
      const { standing, ...seen } = await observed(world, edge, { targets, written, withinMs });
      if (standing !== null) throw conflict(step, written.generation, standing);
      return { ...stateOf(written, targets), ...seen };
    },

    async readEdge({ targets, atLeast }) {
      const stored = await reads.fresh(await world.port('edge', targets), targets, atLeast);
      return stored === null ? null : stateOf(stored, targets);
    },

    async awaitGeneration({ targets, generation, weightPercent, withinMs }): Promise<SeenByRegions> {
      const written = { generation, weightPercent };
      const edge = await world.port('edge', targets);
      const { standing: _, ...seen } = await observed(world, edge, { targets, written, withinMs });
      return seen;
    },

    async restoreTraffic({ targets, step, patch, force }) {
      const edge = await world.port('edge', targets);
      const [stored, health] = await Promise.all([
        edge.read(signal()),
        force ? 'its health was not asked, a person ordered it' : healthOf(world, targets, targets.from),
      ]);
      const asked = { fromHealth: health, unconfirmed: null };
      if (!force && health.startsWith('down')) {
        return { ...asked, restored: false, generation: 0, weightPercent: -1 };
      }
      const { config, unconfirmed } = await restore(edge, reads, { targets, step, patch, stored });
      const { generation, weightPercent } = config;
      return { restored: true, fromHealth: health, generation, weightPercent, unconfirmed };
    },
  };
}

type WriteInput = Parameters<Activities['writeEdge']>[0];

async function writeOnce(edge: EdgePort, reads: StoreReads, input: WriteInput): Promise<EdgeConfig> {
  const { targets, step, expected } = input;
  const context = writeContext(targets, step);
  const stored = await reads.fresh(edge, targets, expected);
  if (stored?.writer === context.idempotencyKey) return readBack(edge, stored, input, context);
  if ((stored?.generation ?? 0) !== expected) throw conflict(step, expected, stored);
  const spreadMs = Math.min(edge.capabilities.propagation.maxMs, input.seenWithinMs);
  if (input.leaseLeftMs !== undefined) await checkLease(edge, stored, step, input.leaseLeftMs + spreadMs);
  const patch = { ...input.patch, switchStartedMs: targets.startedMs };
  const next = nextEdgeConfig(stored ?? firstConfig(targets), patch, context.idempotencyKey);
  const freeze = input.freezeForMs === undefined ? {} : { freezeForMs: input.freezeForMs + 2 * spreadMs };
  await stillWanted();
  try {
    return await edge.compareAndSet(next, { ...context, ...freeze });
  } catch (cause) {
    if (!isReread(cause)) throw cause;
    const now = await reads.fresh(edge, targets, expected);
    // A lost reply: the write was ours after all.
    if (now?.writer === context.idempotencyKey) return readBack(edge, now, input, context);
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

/** Our own write, found by a later attempt: whether it ever got on its way to the routers was perhaps never seen. */
async function readBack(
  edge: EdgePort,
  stored: EdgeConfig,
  { step, expected }: WriteInput,
  context: EdgeWriteContext,
): Promise<EdgeConfig> {
  // The attempt before this one had read it back, and was only waiting for regions.
  if (kept() !== null) return stored;
  try {
    return await edge.compareAndSet(stored, context);
  } catch (cause) {
    if (!isReread(cause)) throw cause;
    throw conflict(step, expected, await edge.read(signal()));
  }
}

async function checkLease(
  edge: EdgePort,
  stored: EdgeConfig | null,
  step: string,
  neededMs: number,
): Promise<void> {
  const leftMs = (stored?.freezeUntilMs ?? 0) - (await edge.clock(signal()));
  if (leftMs >= neededMs) return;
  throw ApplicationFailure.nonRetryable(
    `${step}: the write freeze has ${Math.max(0, leftMs)} ms left and ${neededMs} ms are needed for the write to get everywhere`,
    'LeaseExpired' satisfies FailureType,
  );
}

function isReread(cause: unknown): boolean {
  return cause instanceof ProviderError && cause.kind === 'reread';
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
      const ready = contracts.reduce((sum, one) => sum + one.capacity.max, 0);
      return ready > 0 ? 'healthy' : 'down: no capacity';
    },
    (cause: unknown) => `down: ${cause instanceof Error ? cause.message : String(cause)}`,
  );
  return Promise.race([asked, timeout]);
}

/** The share on this switch's `to`, whichever way the document itself goes: before its first write the last switch's stands. */
export function stateOf(config: EdgeConfig, { to }: Targets): EdgeState {
  const { generation, freezeUntilMs, producer, writes, writer } = config;
  const weightPercent = config.to === to ? config.weightPercent : 100 - config.weightPercent;
  return { generation, weightPercent, freezeUntilMs, producer, writes, writer };
}
