/**
 * CachePort over the router's answer cache, whose keys carry color and epoch.
 *
 * Invariant: a purge is one more generation of the edge config (the epoch goes up), so it is fenced like every other
 * write; it is called done only when every region serves that generation and misses. A region that does not serve
 * it yet is waited for, or its answers would prime the namespace that was just left.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Color } from '../../domain/color.ts';
import { nextEdgeConfig } from '../../domain/edge-config.ts';
import { backoffMs } from '../../domain/backoff.ts';
import { ProviderError } from '../../domain/errors.ts';
import { MAX_LOOKUP_KEYS, parseLookedUp, ROUTES } from '../../edge/contract.ts';
import { H } from '../../edge/headers.ts';
import { pinFault, pinHeaders } from '../../edge/pinned.ts';
import type { CachePort, ConfigStorePort, WriteContext } from '../../ports/index.ts';
import { eachOf } from '../each-of.ts';
import { callRouter } from './client.ts';
import type { RouterOptions } from './options.ts';

const PURGE_ATTEMPTS = 5;
const PURGE_PAUSE = { baseMs: 20, capMs: 500 };
/** A first read fills, a second proves; the others allow for the store to settle. */
const PRIME_READS = 5;
/** Between two looks at a region that does not serve the newest generation yet. */
const LATE_REGION_MS = 100;
const PRIME_CONCURRENCY = 8;

export function routerCache(options: RouterOptions, store: ConfigStorePort): CachePort {
  return {
    purge: (color, context) => purge(options, store, color, context),

    async verifyPurged(color, keys, signal) {
      const generation = (await store.read(signal))?.generation ?? 0;
      const perRegion = await Promise.all(
        options.entry.map((entry) => cachedIn(options, entry, { color, keys, generation, signal })),
      );
      return {
        checked: keys.length * options.entry.length,
        stillCached: perRegion.reduce((sum, cached) => sum + cached, 0),
      };
    },

    async prime(color, keys, context) {
      if (keys.length === 0) return { primed: 0, failed: 0 };
      const { signal } = context;
      const generation = (await store.read(signal))?.generation ?? 0;
      const deadlineMs = Date.now() + options.propagationMs;
      let primed = 0;
      await eachOf(keys, PRIME_CONCURRENCY, async (key) => {
        const pin = await pinHeaders(options, color, 'prime');
        const request = { key, color, pin, generation, deadlineMs, signal };
        const hits = await Promise.all(options.entry.map(({ url }) => primeOne(options, url, request)));
        if (hits.every(Boolean)) primed++;
      });
      return { primed, failed: keys.length - primed };
    },
  };
}

async function purge(
  options: RouterOptions,
  store: ConfigStorePort,
  color: Color,
  context: WriteContext,
): Promise<{ namespace: string }> {
  for (let attempt = 1; ; attempt++) {
    const current = await store.read(context.signal);
    if (current === null)
      throw new ProviderError('fatal', 'router', 'nothing to purge: no edge config was ever written');
    const namespace = (epoch: number) => ({ namespace: `${options.service}/${color}/${epoch}` });
    // A retry of a purge that was done, and not overtaken since, changes nothing.
    if (current.writer === context.idempotencyKey) return namespace(current.cacheEpoch[color]);
    const cacheEpoch = { ...current.cacheEpoch, [color]: current.cacheEpoch[color] + 1 };
    try {
      const stored = await store.compareAndSet(
        nextEdgeConfig(current, { cacheEpoch }, context.idempotencyKey),
        context,
      );
      return namespace(stored.cacheEpoch[color]);
    } catch (cause) {
      if (!(cause instanceof ProviderError) || cause.kind !== 'reread' || attempt === PURGE_ATTEMPTS)
        throw cause;
      await sleep(backoffMs(attempt, PURGE_PAUSE), undefined, { signal: context.signal });
    }
  }
}

interface Lookup {
  readonly color: Color;
  readonly keys: readonly string[];
  /** The region must serve at least this generation for its answer to mean anything. */
  readonly generation: number;
  readonly signal: AbortSignal | undefined;
}

async function cachedIn(
  options: RouterOptions,
  entry: RouterOptions['entry'][number],
  lookup: Lookup,
): Promise<number> {
  const deadline = Date.now() + options.propagationMs;
  let found = 0;
  for (let start = 0; start < lookup.keys.length;) {
    const keys = lookup.keys.slice(start, start + MAX_LOOKUP_KEYS);
    const { body } = await callRouter(options, {
      method: 'POST',
      base: entry.url,
      route: ROUTES.lookup,
      body: { color: lookup.color, keys },
      signal: lookup.signal,
    });
    const answer = parseLookedUp(body);
    if (answer.generation >= lookup.generation) {
      found += answer.cached.length;
      start += keys.length;
      continue;
    }
    if (Date.now() > deadline) {
      throw new ProviderError(
        'retry',
        'router',
        `region ${entry.region} has not reached generation ${lookup.generation}`,
      );
    }
    await sleep(LATE_REGION_MS, undefined, { signal: lookup.signal });
  }
  return found;
}

interface PrimeRequest {
  readonly key: string;
  readonly color: Color;
  readonly pin: Readonly<Record<string, string>>;
  /** An answer under an older generation filled a namespace that nobody asks for any more. */
  readonly generation: number;
  /** How long a region is waited for that serves an older generation. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads one key until the cache of that region answers it. A key that fails is counted, never thrown. */
async function primeOne(options: RouterOptions, base: string, request: PrimeRequest): Promise<boolean> {
  for (let read = 0; read < PRIME_READS;) {
    if (read > 1) await sleep(20 * read, undefined, { signal: request.signal });
    try {
      const answer = await fetch(base.replace(/\/$/, '') + request.key, {
        headers: request.pin,
        redirect: 'manual',
        signal: bounded(options.timeoutMs, request.signal),
      });
      await answer.arrayBuffer();
      if (pinFault(answer.headers, request.color) !== null) return false;
      if (Number(answer.headers.get(H.generation)) < request.generation) {
        if (Date.now() > request.deadlineMs) return false;
        await sleep(LATE_REGION_MS, undefined, { signal: request.signal });
        continue;
      }
      if (answer.headers.get(H.cache) === 'none') return false;
      if (answer.headers.get(H.cache) === 'hit') return true;
    } catch {
      request.signal?.throwIfAborted();
    }
    read += 1;
  }
  return false;
}

function bounded(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}
