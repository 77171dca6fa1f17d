/**
 * Config store behind the router Worker: the truth is its Durable Object, KV is the fan-out that the routers read.
 *
 * Invariant: a write is done only when the store has it and KV carries it (or something newer).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../../domain/errors.ts';
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { parseStoreAnswer, ROUTES, type StoreAnswer } from '../../edge/contract.ts';
import type { ConfigStorePort } from '../../ports/index.ts';
import { callRouter } from '../router/client.ts';
import { kvReader, type KvReader } from './kv.ts';
import type { CloudflareOptions } from './options.ts';

export function durableObjectStore(options: CloudflareOptions): ConfigStorePort {
  const kv = options.kv === null ? null : kvReader(options.kv, options.timeoutMs);
  const base = options.admin;
  const asked = async (signal: AbortSignal | undefined): Promise<StoreAnswer> =>
    answerOf((await callRouter(options, { method: 'GET', base, route: ROUTES.store, signal })).body);
  return {
    // The Durable Object is asked, never KV.
    capabilities: { fencing: 'strong', reads: 'linearizable' },

    async read(signal) {
      return (await asked(signal)).stored;
    },

    async compareAndSet(next, context) {
      const { status, body } = await callRouter(options, {
        method: 'PUT',
        base,
        route: ROUTES.store,
        body: {
          next,
          idempotencyKey: context.idempotencyKey,
          freezeForMs: context.freezeForMs,
          follows: context.follows,
        },
        signal: context.signal,
        accept: [409],
      });
      const { stored } = answerOf(body);
      if (status === 409) {
        throw new ProviderError(
          'reread',
          'cloudflare',
          `generation ${next.generation} lost: the store is at ${stored?.generation ?? 0}, written by ${stored?.writer ?? 'nobody'}`,
        );
      }
      if (stored === null)
        throw new ProviderError('retry', 'cloudflare', 'the store took a config but returned none');
      if (kv !== null) await untilKvCarries(kv, stored, options, context.signal);
      return stored;
    },

    async clock(signal) {
      const { nowMs } = await asked(signal);
      if (nowMs !== null) return nowMs;
      throw new ProviderError(
        'fatal',
        'cloudflare',
        'the router’s store does not tell its time: deploy the router of this version of cutover',
      );
    },

    async check(signal) {
      if (kv === null) return;
      const { stored } = await asked(signal);
      const carried = await kv.generation(options.service, signal);
      if (stored === null || carried >= stored.generation) return;
      throw new ProviderError(
        'retry',
        'cloudflare',
        `KV carries generation ${carried}, the router’s store holds ${stored.generation}: ` +
          'edge.namespace must be the namespace that the router is bound to as CONFIG_KV',
      );
    },
  };
}

async function untilKvCarries(
  kv: KvReader,
  stored: EdgeConfig,
  options: CloudflareOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = Date.now() + options.propagationMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    const carried = await kv.generation(stored.service, signal);
    if (carried >= stored.generation) return;
    if (Date.now() + pauseMs > deadline) {
      throw new ProviderError(
        'retry',
        'cloudflare',
        `KV still carries generation ${carried}, not ${stored.generation}`,
      );
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

function answerOf(body: unknown): StoreAnswer {
  const answer = parseStoreAnswer(body);
  if (typeof answer !== 'string') return answer;
  throw new ProviderError('fatal', 'cloudflare', `the config store answered something else: ${answer}`);
}
