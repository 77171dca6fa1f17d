/** The backfill guard on BullMQ: list by list, some jobs at a time, each in one step of Redis. */
import type { Moved } from '../../ports/index.ts';
import type { Redis, Send } from '../redis/connection.ts';
import { count } from './depth.ts';
import { checked, libraryOf, whyNotBetween, type BullQueue } from './keys.ts';
import { moveSchedulers } from './schedulers.ts';
import { MOVE } from './scripts.ts';

/** Of one step: Redis does nothing else meanwhile. */
const BATCH = 200;
/** A call ends about then, so that its caller can say how far it is, ms. */
const CALL_MS = 8000;
/** As workers take them: what waits goes before what is due later. */
const LISTS = ['wait', 'paused', 'prioritized', 'delayed'] as const;

interface Between {
  readonly source: BullQueue;
  readonly target: BullQueue;
}

export async function move(
  redis: Redis,
  send: Send,
  between: Between,
  { maxMessages, withSchedulers }: { readonly maxMessages: number; readonly withSchedulers: boolean },
): Promise<Moved> {
  const { source, target } = between;
  const [from, to] = [await count(redis, send, source), await count(redis, send, target)];
  const waiting = from.depth.ready + from.depth.delayed;
  if (waiting === 0 && (from.schedulers === 0 || !withSchedulers)) return { moved: 0 };
  const whyNot = whyNotBetween({ ...source, mark: from.mark }, { ...target, mark: to.mark });
  if (whyNot !== null) {
    const why = `${target.name}: ${whyNot}`;
    return { moved: 0, refused: { jobs: waiting, why, isLastTry: false } };
  }
  const untilMs = Date.now() + CALL_MS;
  const pausesApart = libraryOf(to.mark)?.major === 5 ? 1 : 0;
  // First: a run that waits goes with its scheduler.
  if (withSchedulers) await moveSchedulers(redis, send, { source, target, pausesApart });
  let moved = 0;
  const left = { bodyless: 0, ofFlow: 0, dead: 0 };
  for (const list of LISTS) {
    let stayed = 0;
    while (moved < maxMessages && Date.now() < untilMs) {
      const most = Math.min(BATCH, maxMessages - moved);
      const words = [list, most, stayed, source.name, pausesApart];
      const told = checked(redis, await send('EVAL', MOVE, 2, source.prefix, target.prefix, ...words));
      const [looked = 0, gone = 0, , bodyless = 0, ofFlow = 0, dead = 0] = told.slice(1).map(Number);
      moved += gone;
      stayed += looked - gone;
      left.bodyless += bodyless;
      left.ofFlow += ofFlow;
      left.dead += dead;
      if (looked < most) break;
    }
  }
  const jobs = left.bodyless + left.ofFlow + left.dead;
  if (jobs === 0) return { moved };
  return { moved, refused: { jobs, why: `${target.name}: ${whyLeft(left)}`, isLastTry: false } };
}

function whyLeft({
  bodyless,
  ofFlow,
  dead,
}: Readonly<Record<'bodyless' | 'ofFlow' | 'dead', number>>): string {
  return [
    dead > 0 ? `${dead} job(s) are among its failed ones under the same id: retry or remove those` : '',
    ofFlow > 0 ? `${ofFlow} job(s) wait for children` : '',
    bodyless > 0 ? `${bodyless} id(s) have no job any more: does Redis evict keys (maxmemory-policy)?` : '',
  ]
    .filter((one) => one !== '')
    .join('; ');
}
