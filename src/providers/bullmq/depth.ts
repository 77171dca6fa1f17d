/** What a queue of BullMQ holds, by plain reads: whatever version has written it. */
import { ProviderError } from '../../domain/errors.ts';
import type { QueueDepth } from '../../ports/index.ts';
import type { Redis, Send } from '../redis/connection.ts';
import { checked, libraryOf, type BullQueue } from './keys.ts';
import { COUNT } from './scripts.ts';

export interface Counted {
  readonly depth: QueueDepth;
  readonly schedulers: number;
  /** Mark of the library; empty without one. */
  readonly mark: string;
}

export async function count(redis: Redis, send: Send, queue: BullQueue): Promise<Counted> {
  const [, ...told] = checked(redis, await send('EVAL', COUNT, 1, queue.prefix));
  const [ready, inFlight, delayed, dead, nowMs] = told.slice(0, 5).map(Number);
  const [oldest, mark] = told.slice(5, 7).map(String);
  if (ready === undefined || inFlight === undefined || delayed === undefined || dead === undefined)
    throw new ProviderError('fatal', 'bullmq', `${redis.where}: what answers there is no Redis`);
  if (mark !== undefined && libraryOf(mark)?.name === 'bullmq-pro')
    throw new ProviderError(
      'fatal',
      'bullmq',
      `queue ${queue.name} is one of BullMQ Pro, whose groups are not counted`,
    );
  const age = oldest === undefined || oldest === '' ? null : Math.max(0, (nowMs ?? 0) - Number(oldest));
  const oldestAgeMs = ready + inFlight + delayed === 0 ? 0 : age;
  return {
    depth: { ready, inFlight, delayed, dead, oldestAgeMs },
    schedulers: Number(told[7] ?? 0),
    mark: mark ?? '',
  };
}
