/** Writes to the edge config: bound to one generation going forward, unconditional and retried going back. */
import { ApplicationFailure } from '@temporalio/activity';
import { nextEdgeConfig, satisfies, type EdgeConfig } from '../domain/edge-config.ts';
import { ProviderError } from '../domain/errors.ts';
import type { EdgePort } from '../providers/ports.ts';
import type { Activities, EdgeState, Targets } from './api.ts';
import { poll, signal, writeContext } from './attempt.ts';
import type { World } from './world.ts';

const OBSERVE_EVERY_MS = 100;
const MAX_OBSERVE_MS = 5000;

/** `from`'s health may delay a rollback by no more than this. */
const HEALTH_BUDGET_MS = 1500;

export type EdgeActivities = Pick<
  Activities,
  'writeEdge' | 'readEdge' | 'awaitGeneration' | 'restoreTraffic'
>;

export function edgeActivities(world: World): EdgeActivities {
  return {
    async writeEdge(input) {
      const edge = await world.edge(input.targets);
      const written = await writeOnce(world, edge, input);
      const seen = await observed(world, edge, written.generation, input.seenWithinMs);
      return { ...stateOf(written), ...seen };
    },

    async readEdge({ targets }) {
      const stored = await (await world.edge(targets)).read(signal());
      return stored === null ? null : stateOf(stored);
    },

    async awaitGeneration({ targets, generation, withinMs }) {
      return observed(world, await world.edge(targets), generation, withinMs);
    },

    async restoreTraffic({ targets, step, patch, force }) {
      const edge = await world.edge(targets);
      const [stored, health] = await Promise.all([
        edge.read(signal()),
        force ? 'not asked' : fromHealth(world, targets),
      ]);
      if (!force && health.startsWith('down')) {
        return { restored: false, fromHealth: health, generation: 0, weightPercent: -1 };
      }
      let current = stored ?? firstConfig(targets);
      const writer = `${targets.switchId}/${step}`;
      // Written even where it changes nothing: a forward write still on its way must find another generation than its own.
      // Whoever writes in between, users go back: read again and write over it.
      while (current.writer !== writer || !satisfies(current, patch)) {
        try {
          const next = nextEdgeConfig(current, patch, writer);
          current = await edge.compareAndSet(next, writeContext(targets, `${step}/${next.generation}`));
        } catch (cause) {
          if (!(cause instanceof ProviderError) || cause.kind !== 'reread') throw cause;
          current = (await edge.read(signal())) ?? firstConfig(targets);
        }
      }
      return {
        restored: true,
        fromHealth: health,
        generation: current.generation,
        weightPercent: current.weightPercent,
      };
    },
  };
}

type WriteInput = Parameters<Activities['writeEdge']>[0];

async function writeOnce(world: World, edge: EdgePort, input: WriteInput): Promise<EdgeConfig> {
  const { targets, step, expected } = input;
  const context = writeContext(targets, step);
  const stored = await edge.read(signal());
  if (stored !== null && stored.writer === context.idempotencyKey) return stored;
  const generation = stored?.generation ?? 0;
  if (generation !== expected) throw conflict(step, expected, stored);
  const left = (stored?.freezeUntilMs ?? 0) - world.now();
  if (input.leaseLeftMs !== undefined && left < input.leaseLeftMs) {
    throw ApplicationFailure.nonRetryable(`${step}: the write freeze has ${left} ms left`, 'LeaseExpired');
  }
  const freeze = input.freezeForMs === undefined ? {} : { freezeUntilMs: world.now() + input.freezeForMs };
  const next = nextEdgeConfig(
    stored ?? firstConfig(targets),
    { ...input.patch, ...freeze },
    context.idempotencyKey,
  );
  try {
    return await edge.compareAndSet(next, context);
  } catch (cause) {
    if (!(cause instanceof ProviderError) || cause.kind !== 'reread') throw cause;
    const now = await edge.read(signal());
    // A lost reply: the write was ours after all.
    if (now !== null && now.writer === context.idempotencyKey) return now;
    throw conflict(step, expected, now);
  }
}

function conflict(step: string, expected: number, stored: EdgeConfig | null): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${step} was computed from generation ${expected}, but ${stored?.generation ?? 0} by ${stored?.writer ?? 'nobody'} stands`,
    'EdgeConflict',
  );
}

function observed(
  world: World,
  edge: EdgePort,
  generation: number,
  withinMs: number,
): Promise<{ seen: boolean; detail: string }> {
  return poll<{ sinceMs: number }, { seen: boolean; detail: string }>(
    world,
    OBSERVE_EVERY_MS,
    () => ({ sinceMs: world.now() }),
    async (state, nowMs) => {
      const regions = await edge.observe(signal());
      const behind = regions.filter((one) => (one.generation ?? -1) < generation);
      if (behind.length === 0) {
        return { done: { seen: true, detail: `${regions.length} region(s) serve generation ${generation}` } };
      }
      const detail = behind
        .map((one) => `${one.region}: ${one.error ?? `generation ${one.generation ?? 'none'}`}`)
        .join('; ');
      const waitedMs = nowMs - state.sinceMs;
      if (waitedMs > withinMs) return { done: { seen: false, detail } };
      // Quick at first, when it matters; a region that takes minutes is not asked ten times a second.
      const afterMs = Math.min(MAX_OBSERVE_MS, Math.max(OBSERVE_EVERY_MS, waitedMs / 4));
      return { next: state, why: `generation ${generation} is not yet seen by ${detail}`, afterMs };
    },
  );
}

async function fromHealth(world: World, targets: Targets): Promise<string> {
  const color = await world.color(targets);
  const timeout = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`no answer within ${HEALTH_BUDGET_MS} ms`), HEALTH_BUDGET_MS).unref();
  });
  const asked = color.health(targets.from, signal()).then(
    (contracts) => {
      if (contracts.every((one) => !one.ok)) return 'down: not healthy in any region';
      const ready = contracts.reduce((sum, one) => sum + one.capacity.max, 0);
      return ready > 0 ? 'healthy' : 'down: no capacity';
    },
    (cause: unknown) => `down: ${cause instanceof Error ? cause.message : String(cause)}`,
  );
  return Promise.race([asked, timeout]);
}

function stateOf(config: EdgeConfig): EdgeState {
  const { generation, weightPercent, freezeUntilMs, producer, writes, writer } = config;
  return { generation, weightPercent, freezeUntilMs, producer, writes, writer };
}

/** What the edge serves before anything was written: everybody on `from`. */
function firstConfig(targets: Targets): EdgeConfig {
  return {
    schema: 1,
    service: targets.service,
    generation: 0,
    writer: '',
    salt: '',
    from: targets.from,
    to: targets.to,
    topology: 'weight',
    weightPercent: 0,
    cohorts: [],
    writes: { blue: 'open', green: 'open' },
    freezeUntilMs: null,
    producer: targets.from,
    cacheEpoch: { blue: 0, green: 0 },
    releases: { blue: '', green: '' },
  };
}
