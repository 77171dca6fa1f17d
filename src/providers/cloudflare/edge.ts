/**
 * EdgePort over the router Worker: the truth is its Durable Object, KV is the fan-out that the routers read.
 *
 * Invariant: a write is done only when the store has it and KV carries it (or something newer).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../../domain/errors.ts';
import type { EdgeConfig } from '../../domain/edge-config.ts';
import { isRecord, parseEdgeConfig } from '../../edge/parse-config.ts';
import { isColor } from '../../domain/color.ts';
import type { EdgeCapabilities, EdgePort, RegionObservation } from '../../ports/index.ts';
import { callAdmin } from './admin-client.ts';
import { DEFAULT_PROPAGATION_MS } from './limits.ts';
import { kvReader, type KvReader } from './kv.ts';
import type { CloudflareOptions } from './options.ts';

const CAPABILITIES: EdgeCapabilities = {
  granularityPercent: 0.001,
  maxPercent: 100,
  canLower: true,
  sticky: 'hash',
  stages: null,
  fencing: 'strong',
  // The Durable Object is asked, never KV.
  reads: 'linearizable',
  propagation: { maxMs: DEFAULT_PROPAGATION_MS },
  topologies: ['weight', 'header'],
};

export function cloudflareEdge(options: CloudflareOptions): EdgePort {
  const kv = options.kv === null ? null : kvReader(options.kv, options.timeoutMs);
  return {
    capabilities: { ...CAPABILITIES, propagation: { maxMs: options.propagationMs } },

    async read(signal) {
      const answer = await callAdmin(options, { method: 'GET', base: options.admin, route: 'store', signal });
      return storedOf(answer.body);
    },

    async compareAndSet(next, context) {
      const answer = await callAdmin(options, {
        method: 'PUT',
        base: options.admin,
        route: 'store',
        body: { next, idempotencyKey: context.idempotencyKey, freezeForMs: context.freezeForMs },
        signal: context.signal,
        accept: [409],
      });
      const stored = storedOf(answer.body);
      if (answer.status === 409) {
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
      const { body } = await callAdmin(options, {
        method: 'GET',
        base: options.admin,
        route: 'store',
        signal,
      });
      const nowMs = isRecord(body) ? body['nowMs'] : undefined;
      if (typeof nowMs === 'number') return nowMs;
      throw new ProviderError(
        'fatal',
        'cloudflare',
        'the router’s store does not tell its time: deploy the router of this version of cutover',
      );
    },

    async check(signal) {
      if (kv === null) return;
      const answer = await callAdmin(options, { method: 'GET', base: options.admin, route: 'store', signal });
      const stored = storedOf(answer.body);
      const carried = await kv.generation(options.service, signal);
      if (stored === null || carried >= stored.generation) return;
      throw new ProviderError(
        'retry',
        'cloudflare',
        `KV carries generation ${carried}, the router’s store holds ${stored.generation}: ` +
          'edge.namespace must be the namespace that the router is bound to as CONFIG_KV',
      );
    },

    async observe(signal) {
      return await Promise.all(options.entry.map((entry) => observeRegion(options, entry, signal)));
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

async function observeRegion(
  options: CloudflareOptions,
  entry: CloudflareOptions['entry'][number],
  signal: AbortSignal | undefined,
): Promise<RegionObservation> {
  try {
    const { body } = await callAdmin(options, { method: 'GET', base: entry.url, route: 'config', signal });
    const report = isRecord(body) ? body : {};
    const { config, defaultColor, nowMs } = report;
    return {
      region: entry.region,
      generation: numberOrNull(report['generation']),
      weightPercent: numberOrNull(report['weightPercent']),
      error: report['doubt'] === true ? 'the router of this region cannot confirm its config' : null,
      ...(isRecord(config) ? { writer: String(config['writer']) } : {}),
      ...(isColor(defaultColor) ? { defaultColor } : {}),
      ...(typeof nowMs === 'number' ? { nowMs } : {}),
    };
  } catch (cause) {
    signal?.throwIfAborted();
    const error = cause instanceof Error ? cause.message : String(cause);
    return { region: entry.region, generation: null, weightPercent: null, error };
  }
}

function storedOf(body: unknown): EdgeConfig | null {
  const stored = isRecord(body) ? body['stored'] : undefined;
  if (stored === null) return null;
  const config = parseEdgeConfig(stored);
  if (typeof config !== 'string') return config;
  throw new ProviderError('fatal', 'cloudflare', `the config store answered something else: ${config}`);
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
