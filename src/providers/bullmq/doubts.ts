/**
 * What is wrong with a Redis as a place for jobs, with two queues between which nothing is moved, and with schedulers that stand on both or
 * are of a kind that nothing moves.
 */
import type { Doubt } from '../../ports/index.ts';
import type { Redis, Send } from '../redis/connection.ts';
import { count } from './depth.ts';
import { whyNotBetween, type BullQueue, type Marked } from './keys.ts';
import { listSchedulers } from './schedulers.ts';

export async function doubtsOf(
  redis: Redis,
  send: Send,
  ...queues: readonly [BullQueue, BullQueue]
): Promise<readonly Doubt[]> {
  // Who may not ask that is not told either.
  const memory = String(await send('INFO', 'memory').catch(() => ''));
  const marked = async (queue: BullQueue): Promise<Marked> => ({
    ...queue,
    mark: (await count(redis, send, queue)).mark,
  });
  const whyNot = whyNotBetween(await marked(queues[0]), await marked(queues[1]));
  const [first, second] = [
    await listSchedulers(redis, send, queues[0]),
    await listSchedulers(redis, send, queues[1]),
  ];
  const both = first.filter(({ id }) => second.some((other) => other.id === id)).map(({ id }) => id);
  const old = [...first, ...second].filter(({ isOld }) => isOld).length;
  return [
    ...evicts(redis.where, memory),
    ...(whyNot === null
      ? []
      : [
          {
            severity: 'warning' as const,
            what: `no job can be moved between the colors, and delayed ones do not hold a flip back: ${whyNot}`,
            fix: 'let the service of each color open its queue, with one major of BullMQ',
          },
        ]),
    ...(both.length === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            what: `schedulers stand on both queues, each time twice: ${both.slice(0, 10).join(', ')}`,
            fix: 'let only the color that the edge config names as producer upsert them',
          },
        ]),
    ...(old === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            what: `${old} repeatable job(s) of before BullMQ's schedulers stay where they are at a flip`,
            fix: 'make schedulers of them (upsertJobScheduler)',
          },
        ]),
  ];
}

function evicts(where: string, memory: string): readonly Doubt[] {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(memory)?.[1];
  const [policy, limit] = [field('maxmemory_policy'), field('maxmemory')];
  const fix = 'set maxmemory-policy noeviction on the Redis of the queues';
  if (policy === undefined)
    return [
      { severity: 'warning', what: `${where} does not tell whether it evicts keys (INFO memory)`, fix },
    ];
  if (policy === 'noeviction' || limit === '0') return [];
  return [
    {
      severity: 'warning',
      what: `${where} may throw jobs and their locks away: maxmemory-policy ${policy}`,
      fix,
    },
  ];
}
