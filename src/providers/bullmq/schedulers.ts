/**
 * The schedulers of a queue of BullMQ: producers of jobs, of which exactly one color may have each.
 * Invariant: a scheduler and its next run are in one queue or in the other, in one step of Redis, so no run is left out or there twice.
 */
import type { Redis, Send } from '../redis/connection.ts';
import { checked, type BullQueue } from './keys.ts';
import { MOVE_SCHEDULER, SCHEDULERS } from './scripts.ts';

export interface Scheduler {
  readonly id: string;
  /** A repeatable job of before BullMQ's schedulers, which nothing moves. */
  readonly isOld: boolean;
}

export async function listSchedulers(
  redis: Redis,
  send: Send,
  { prefix }: BullQueue,
): Promise<readonly Scheduler[]> {
  const [, ...found] = checked(redis, await send('EVAL', SCHEDULERS, 1, prefix));
  return (found as (readonly [string, number])[]).map(([id, isOld]) => ({ id, isOld: isOld === 1 }));
}

/**
 * Moves all that can be moved now. One that the target has by the same id already is gone from the source, and the target's stays as it is;
 * one whose run is just being taken, or is missing, stays.
 */
export async function moveSchedulers(
  redis: Redis,
  send: Send,
  between: { readonly source: BullQueue; readonly target: BullQueue; readonly pausesApart: 0 | 1 },
): Promise<void> {
  const { source, target, pausesApart } = between;
  for (const { id, isOld } of await listSchedulers(redis, send, source)) {
    if (isOld) continue;
    checked(redis, await send('EVAL', MOVE_SCHEDULER, 2, source.prefix, target.prefix, id, pausesApart));
  }
}
