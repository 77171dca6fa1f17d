/** Queues: proving one drained, guarding the fence window, and moving jobs back. Never purges. */
import type { Color } from '../domain/color.ts';
import { describeWaiting, waitingTotal, type WaitingJobs } from '../domain/jobs.ts';
import type { Moved, QueuePort } from '../ports/index.ts';
import type { FenceWindow, QueueActivities } from './queue-api.ts';
import type { Targets } from '../domain/targets.ts';
import { poll, signal, writeContext } from './attempt.ts';
import type { World } from './world.ts';

/** Jobs of one call of `move`: after each the server hears how far it is. */
const MOVE_BATCH = 5000;
/** Pauses between tries of a target that refuses, ms. */
const FIRST_PAUSE_MS = 5000;
const MAX_PAUSE_MS = 60_000;

export function queueActivities(world: World): QueueActivities {
  return {
    async drainQueue({ targets, color, quietMs, budgetMs }) {
      const queue = await need(world.port('queue', targets));
      // Counts lag behind the truth; empty for less than that proves nothing.
      const neededMs = Math.max(quietMs, queue.capabilities.consistencyLagMs);
      const everyMs = clamp(neededMs / 4, 100, 20_000);
      return poll<
        { sinceMs: number; quietSinceMs: number | null; lookedMs: number },
        Awaited<ReturnType<QueueActivities['drainQueue']>>
      >(
        world,
        everyMs,
        () => ({ sinceMs: world.now(), quietSinceMs: null, lookedMs: world.now() }),
        async (state, nowMs) => {
          const depth = await queue.depth(color, signal());
          // A quiet that nobody watched (the worker died, and this one took over) proves nothing either.
          const watched = nowMs - state.lookedMs < Math.max(neededMs, 2 * everyMs);
          const quietBefore = watched ? state.quietSinceMs : null;
          // What is due later goes with the move after the flip: a freeze must not wait for it.
          const later = queue.capabilities.movesDelayed === true ? depth.delayed : 0;
          const quietSinceMs = waitingTotal(depth) === later ? (quietBefore ?? nowMs) : null;
          if (quietSinceMs !== null && nowMs - quietSinceMs >= neededMs) {
            const detail = `empty for ${nowMs - quietSinceMs} ms`;
            return { done: { drained: true, detail, dead: depth.dead } };
          }
          const detail = `${describeWaiting(depth)} in ${queue.topic(color)}`;
          const leftMs = budgetMs - (nowMs - state.sinceMs);
          // Not a moment later: the writes that wait for this are frozen by a lease.
          if (leftMs <= 0) return { done: { drained: false, detail, dead: depth.dead } };
          const next = { ...state, quietSinceMs, lookedMs: nowMs };
          return { next, why: detail, afterMs: Math.min(everyMs, leftMs) };
        },
      );
    },

    async guardFence({ targets, step, forMs, budgetMs, lateBase }) {
      const queue = await world.port('queue', targets);
      const lagMs = queue?.capabilities.consistencyLagMs ?? 0;
      const everyMs = clamp(forMs / 10, 200, 30_000);
      return poll<FenceState, FenceWindow>(
        world,
        everyMs,
        () => ({ sinceMs: world.now(), moved: 0, emptySinceMs: null, lookedMs: world.now(), lateBase }),
        async (state, nowMs) => {
          const late = await lateWrites(world, targets);
          const base = state.lateBase ?? late;
          const batch = queue === null ? NOTHING : await moveSome(queue, targets, step, targets);
          const left = queue === null ? null : await queue.depth(targets.from, signal());
          const isEmpty = batch.moved === 0 && (left === null || waitingTotal(left) === 0);
          // Counts lag behind the truth, and an emptiness that nobody watched is none.
          const watched = nowMs - state.lookedMs < Math.max(lagMs, 2 * everyMs);
          const emptySinceMs = isEmpty ? ((watched ? state.emptySinceMs : null) ?? nowMs) : null;
          const moved = state.moved + batch.moved;
          const elapsedMs = nowMs - state.sinceMs;
          const closed = elapsedMs >= forMs && emptySinceMs !== null && nowMs - emptySinceMs >= lagMs;
          const refused = batch.refused?.why ?? null;
          if (closed || refused !== null || elapsedMs >= budgetMs) {
            const lateSince = Math.max(0, (late ?? 0) - (base ?? 0));
            const counts = left === null ? null : waiting(left);
            const done = { closed, left: counts, moved, lateWrites: lateSince, lateBase: base, refused };
            return { done };
          }
          const next = { ...state, moved, emptySinceMs, lookedMs: nowMs, lateBase: base };
          const why = `fence open, ${moved} moved, ${left === null ? 'no queue' : describeWaiting(left)}`;
          const endMs = elapsedMs < forMs ? forMs : budgetMs;
          return { next, why, afterMs: Math.max(1, Math.min(everyMs, endMs - elapsedMs)) };
        },
      );
    },

    async moveJobs({ targets, step, from, to, quietMs, budgetMs }) {
      const queue = await need(world.port('queue', targets));
      const neededMs = Math.max(quietMs, queue.capabilities.consistencyLagMs);
      const everyMs = clamp(neededMs / 4, 100, 20_000);
      return poll<MoveState, Awaited<ReturnType<QueueActivities['moveJobs']>>>(
        world,
        everyMs,
        () => ({ moved: 0, bulkOverMs: null, emptySinceMs: null, lookedMs: world.now(), pauseMs: 0 }),
        async (state, nowMs) => {
          const batch = await moveSome(queue, targets, step, { from, to });
          const depth = await queue.depth(from, signal());
          const left = waiting(depth);
          const moved = state.moved + batch.moved;
          const refused = batch.refused?.why ?? null;
          const isEmpty = batch.moved === 0 && waitingTotal(left) === 0;
          const watched = nowMs - state.lookedMs < Math.max(neededMs, 2 * everyMs);
          const emptySinceMs = isEmpty ? ((watched ? state.emptySinceMs : null) ?? nowMs) : null;
          // A million jobs take their time, and a broker may be slow; the budget is for those that come late.
          const isMoreLeft = refused === null && batch.moved > 0 && left.ready > batch.moved;
          const isBulk = batch.moved >= MOVE_BATCH || isMoreLeft;
          const bulkOverMs = isBulk ? null : (state.bulkOverMs ?? nowMs);
          const leftMs = bulkOverMs === null ? budgetMs : budgetMs - (nowMs - bulkOverMs);
          const isQuiet = emptySinceMs !== null && nowMs - emptySinceMs >= neededMs;
          const isOver = isQuiet || leftMs <= 0 || batch.refused?.isLastTry === true;
          if (isOver) return { done: { moved, left, refused } };
          const pauseMs = refused === null ? 0 : clamp(state.pauseMs * 2, FIRST_PAUSE_MS, MAX_PAUSE_MS);
          const why = refused ?? `${moved} moved, ${describeWaiting(left)} in ${queue.topic(from)}`;
          const afterMs = refused !== null ? pauseMs : batch.moved > 0 ? 1 : Math.min(everyMs, leftMs);
          return { next: { moved, bulkOverMs, emptySinceMs, lookedMs: nowMs, pauseMs }, why, afterMs };
        },
      );
    },
  };
}

interface FenceState {
  readonly sinceMs: number;
  readonly moved: number;
  readonly emptySinceMs: number | null;
  readonly lookedMs: number;
  readonly lateBase: number | null;
}

interface MoveState {
  readonly moved: number;
  /** When a call first left no more than it had moved, and moved less than it could have. */
  readonly bulkOverMs: number | null;
  readonly emptySinceMs: number | null;
  readonly lookedMs: number;
  readonly pauseMs: number;
}

const NOTHING: Moved = { moved: 0 };

function moveSome(
  queue: QueuePort,
  targets: Targets,
  step: string,
  way: { from: Color; to: Color },
): Promise<Moved> {
  return queue.move(way.from, way.to, { ...writeContext(targets, step), maxMessages: MOVE_BATCH });
}

/** Null: the color could not be asked, or does not tell. It refuses writes all the same, and the edge's log counts them. */
async function lateWrites(world: World, targets: Targets): Promise<number | null> {
  try {
    const contracts = await (await world.port('color', targets)).health(targets.from, signal());
    const told = contracts.flatMap(({ counters }) => counters?.lateWrites ?? []);
    return told.length === 0 ? null : told.reduce((sum, one) => sum + one, 0);
  } catch {
    return null;
  }
}

async function need(queue: Promise<QueuePort | null>): Promise<QueuePort> {
  const opened = await queue;
  if (opened === null) throw new Error('the plan names no queue');
  return opened;
}

function waiting({ ready, inFlight, delayed }: WaitingJobs): WaitingJobs {
  return { ready, inFlight, delayed };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
