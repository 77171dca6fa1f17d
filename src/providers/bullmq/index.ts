/**
 * Provider `bullmq`: one queue for each color, in one Redis.
 * Options: `url` or `urlEnv`, `prefix`, `blue` and `green`, `schedulers`, `attempts`, `lockDurationMs`, `timeoutMs`. Environment: REDIS_URL,
 * REDIS_USERNAME, REDIS_PASSWORD.
 */
import type { Color } from '../../domain/color.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { defineProvider, type ProviderScope, type QueuePort } from '../../ports/index.ts';
import { parseOptions } from '../options.ts';
import { redisAddress } from '../redis/address.ts';
import { Redis } from '../redis/connection.ts';
import { count } from './depth.ts';
import { doubtsOf } from './doubts.ts';
import type { BullQueue } from './keys.ts';
import { manifest } from './manifest.ts';
import { move } from './move.ts';

const ASKER = {
  provider: 'bullmq',
  rights: 'what BullMQ itself needs on the keys of both queues, and `+info`',
  variables: 'REDIS_USERNAME and REDIS_PASSWORD',
};
/** A move is many questions, ms. */
const MOVE_MS = 20_000;

/** @throws UserError when an option or the address is wrong. */
export function bullmqQueue(ref: ProviderRef, { env }: ProviderScope): QueuePort {
  const options = parseOptions(manifest.ports.queue, ref, 'queue');
  const address = redisAddress('queue', options, env);
  const redis = new Redis(address, options.timeoutMs, ASKER);
  const moves = new Redis(address, MOVE_MS, ASKER);
  const withSchedulers = options.schedulers === 'move';
  const queue = (color: Color): BullQueue => ({
    name: options[color],
    prefix: `${options.prefix}:${options[color]}:`,
  });

  return {
    capabilities: { consistencyLagMs: 0, movesDelayed: true },
    topic: (color) => options[color],
    depth: (color, signal) =>
      redis.ask(signal, async (send) => (await count(redis, send, queue(color))).depth),

    async retryPolicy() {
      return { maxDeliveries: options.attempts ?? null, ackTimeoutMs: options.lockDurationMs };
    },

    check: (signal) => redis.ask(signal, (send) => doubtsOf(redis, send, queue('blue'), queue('green'))),

    move: (from, to, { maxMessages, signal }) =>
      moves.ask(signal, (send) =>
        move(moves, send, { source: queue(from), target: queue(to) }, { maxMessages, withSchedulers }),
      ),

    async close() {
      redis.close();
      moves.close();
    },
  };
}

export const provider = defineProvider({ name: 'bullmq', queue: bullmqQueue });
