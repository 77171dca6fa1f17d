/**
 * Provider `pings`: warms a color by asking it, with pings that nobody mistakes for users.
 * Invariant: every ping is tagged (a signed pin of kind `warm` through the edge, or `x-warm: 1` past it), so that
 * what warming sees never enters SLO math. Pings run at once, because a busy instance is what opens the next one.
 */
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import { PIN_SECRET_VARIABLE, assertPinned, pinFault, pinHeaders } from '../../edge/pinned.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { ANY_STATUS, call, joinUrl, showUrl } from '../fetch.ts';
import { parseOptions } from '../options.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { defineProvider, type ProviderScope, type WarmupPort, type WriteContext } from '../../ports/index.ts';
import { manifest } from './manifest.ts';

/** Pings in flight at once; more would be a load test. */
const MAX_CONCURRENCY = 200;

interface Seen {
  /** Why it failed, or null. */
  readonly failure: string | null;
  readonly cold: boolean;
}

/**
 * Opens the warmup port of `use: pings`. Environment: `CUTOVER_PIN_SECRET`, the secrets the edge verifies pins with;
 * not needed with `direct: true`.
 * @throws UserError when an option is wrong or the secret is not set.
 */
export function pingWarmup(ref: ProviderRef, scope: ProviderScope): WarmupPort {
  const options = parseOptions(manifest.ports.warmup, ref, 'warmup');
  if (!options.direct) {
    requireEnv(scope.env, PIN_SECRET_VARIABLE, 'it signs the pins that send warm pings to one color');
  }
  const bases = (color: Color): readonly string[] =>
    options.direct ? [scope.colorUrls[color]] : scope.entry.map((entry) => entry.url);

  async function ping(base: string, color: Color, signal?: AbortSignal): Promise<Seen> {
    const failed = (failure: string): Seen => ({ failure, cold: false });
    const url = joinUrl(base, options.path);
    try {
      const pin = options.direct ? {} : await pinHeaders(scope, color, 'warm');
      const headers = { ...pin, 'x-warm': '1', 'cache-control': 'no-cache' };
      const { timeoutMs } = options;
      // Every answer is looked at: it is a ping that failed, not a call.
      const answer = await call({ provider: 'pings', url, headers, signal, timeoutMs, accept: ANY_STATUS });
      const fault = options.direct ? null : pinFault(answer.headers, color);
      if (fault !== null) return failed(`${showUrl(url)}: ${fault}`);
      if (answer.status >= 300) return failed(`HTTP ${answer.status} at ${showUrl(url)}`);
      return { failure: null, cold: isCold(answer.headers, answer.text) };
    } catch (error) {
      // One failed ping is a number of the result, not the end of the round.
      if (error instanceof ProviderError) return failed(error.message);
      throw error;
    }
  }

  /** Why pings of `color` through these addresses would not be followed, or null: asked once before a round of them. */
  async function unfollowed(color: Color, signal?: AbortSignal): Promise<string | null> {
    if (options.direct) return null;
    try {
      await Promise.all(
        bases(color).map((base) => assertPinned(scope, base, { color, kind: 'warm', signal })),
      );
      return null;
    } catch (error) {
      if (error instanceof ProviderError) return error.message;
      throw error;
    }
  }

  return {
    async warm(color: Color, pings: number, context: WriteContext) {
      const to = bases(color);
      const fault = pings === 0 ? null : await unfollowed(color, context.signal);
      if (fault !== null) return { sent: 0, cold: 0, failed: pings, failure: fault };
      const seen: Seen[] = [];
      for (let sent = 0; sent < pings; sent += MAX_CONCURRENCY) {
        const wave = Array.from({ length: Math.min(MAX_CONCURRENCY, pings - sent) }, (_, i) =>
          ping(to[(sent + i) % to.length] ?? '', color, context.signal),
        );
        seen.push(...(await Promise.all(wave)));
      }
      const failures = seen.flatMap(({ failure }) => failure ?? []);
      return {
        sent: seen.length,
        cold: seen.filter((one) => one.cold).length,
        failed: failures.length,
        failure: failures[0] ?? null,
      };
    },

    async check(color, signal) {
      const fault = await unfollowed(color, signal);
      if (fault !== null) return fault;
      const seen = await Promise.all(bases(color).map((base) => ping(base, color, signal)));
      return seen.find(({ failure }) => failure !== null)?.failure ?? null;
    },

    // Pings hold nothing: instances cool down by themselves.
    async release() {},
  };
}

/** The color says so itself: header `x-cold-start: 1`, or `"cold": true` in a JSON answer. */
function isCold(headers: Headers, text: string): boolean {
  const header = headers.get('x-cold-start');
  if (header !== null) return header === '1' || header === 'true';
  return /"cold"\s*:\s*true/.test(text);
}

export const provider = defineProvider({ name: 'pings', warmup: pingWarmup });
