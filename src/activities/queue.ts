/** Queues: proving one drained, guarding the fence window, and moving jobs back. Never purges. */
import type { QueueDepth, QueuePort } from '../providers/ports.ts';
import type { Activities } from './api.ts';
import { poll, signal, writeContext } from './attempt.ts';
import type { World } from './world.ts';

const MOVE_BATCH = 100;
const MAX_MOVES = 1000;

export type QueueActivities = Pick<Activities, 'drainQueue' | 'guardFence' | 'moveJobs' | 'queueDepth'>;

export function queueActivities(world: World): QueueActivities {
  return {
    async drainQueue({ targets, color, quietMs, budgetMs }) {
      const queue = await need(world.queue(targets));
      // Counts lag behind the truth; empty for less than that proves nothing.
      const neededMs = Math.max(quietMs, queue.capabilities.consistencyLagMs);
      const everyMs = clamp(neededMs / 4, 100, 20_000);
      return poll<
        { sinceMs: number; quietSinceMs: number | null; lookedMs: number },
        Awaited<ReturnType<Activities['drainQueue']>>
      >(
        world,
        everyMs,
        () => ({ sinceMs: world.now(), quietSinceMs: null, lookedMs: world.now() }),
        async (state, nowMs) => {
          const depth = await queue.depth(color, signal());
          // A quiet that nobody watched (the worker died, and this one took over) proves nothing either.
          const watched = nowMs - state.lookedMs < Math.max(neededMs, 2 * everyMs);
          const quietBefore = watched ? state.quietSinceMs : null;
          const quietSinceMs = total(depth) === 0 ? (quietBefore ?? nowMs) : null;
          if (quietSinceMs !== null && nowMs - quietSinceMs >= neededMs) {
            const detail = `empty for ${nowMs - quietSinceMs} ms`;
            return { done: { drained: true, detail, dead: depth.dead } };
          }
          const detail = `${describe(depth)} in ${queue.topic(color)}`;
          const leftMs = budgetMs - (nowMs - state.sinceMs);
          // Not a moment later: the writes that wait for this are frozen by a lease.
          if (leftMs <= 0) return { done: { drained: false, detail, dead: depth.dead } };
          const next = { ...state, quietSinceMs, lookedMs: nowMs };
          return { next, why: detail, afterMs: Math.min(everyMs, leftMs) };
        },
      );
    },

    async guardFence({ targets, step, forMs }) {
      const queue = await world.queue(targets);
      const before = await lateWrites(world, targets);
      return poll<
        { sinceMs: number; moved: number; late: number },
        Awaited<ReturnType<Activities['guardFence']>>
      >(
        world,
        clamp(forMs / 10, 200, 30_000),
        () => ({ sinceMs: world.now(), moved: 0, late: before }),
        async (state, nowMs) => {
          const move = { ...writeContext(targets, step), maxMessages: MOVE_BATCH };
          const { moved } = queue === null ? { moved: 0 } : await queue.move(targets.from, targets.to, move);
          const next = { ...state, moved: state.moved + moved };
          const left = queue === null ? 0 : total(await queue.depth(targets.from, signal()));
          if (nowMs - state.sinceMs < forMs || moved > 0) return { next, why: `fence open, ${left} left` };
          const late = (await lateWrites(world, targets)) - state.late;
          return { done: { moved: next.moved, lateWrites: Math.max(0, late), detail: `${left} left` } };
        },
      );
    },

    async queueDepth({ targets, color }) {
      const queue = await world.queue(targets);
      if (queue === null) return null;
      const { ready, inFlight, delayed, dead } = await queue.depth(color, signal());
      return { ready, inFlight, delayed, dead };
    },

    async moveJobs({ targets, step, from, to }) {
      const queue = await need(world.queue(targets));
      let moved = 0;
      for (let call = 0; call < MAX_MOVES; call += 1) {
        const batch = await queue.move(from, to, { ...writeContext(targets, step), maxMessages: MOVE_BATCH });
        moved += batch.moved;
        if (batch.moved === 0) break;
      }
      return { moved, left: total(await queue.depth(from, signal())) };
    },
  };
}

async function lateWrites(world: World, targets: Parameters<World['color']>[0]): Promise<number> {
  try {
    const contracts = await (await world.color(targets)).health(targets.from, signal());
    return contracts.reduce((sum, one) => sum + one.counters.lateWrites, 0);
  } catch {
    // A color that cannot be asked refuses writes all the same; the edge's log counts them.
    return 0;
  }
}

async function need(queue: Promise<QueuePort | null>): Promise<QueuePort> {
  const opened = await queue;
  if (opened === null) throw new Error('the plan names no queue');
  return opened;
}

function total(depth: QueueDepth): number {
  return depth.ready + depth.inFlight + depth.delayed;
}

function describe(depth: QueueDepth): string {
  return `${depth.ready} ready, ${depth.inFlight} in flight, ${depth.delayed} delayed`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
