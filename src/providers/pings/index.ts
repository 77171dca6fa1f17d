/**
 * Provider `pings`: warms a color by asking it, with pings that nobody mistakes for users.
 * Invariant: every ping is tagged (a signed pin of kind `warm` through the edge, or `x-warm: 1` past it), so that
 * what warming sees never enters SLO math. Pings run at once, because a busy instance is what opens the next one.
 */
import { z } from 'zod';
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import { PIN_HEADER, signPin } from '../../domain/pin.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { call, joinUrl } from '../fetch.ts';
import { parseOptions, requireEnv } from '../options.ts';
import { defineProvider, type ProviderScope, type WarmupPort, type WriteContext } from '../ports.ts';

/** Options of `use: pings`. */
const optionsSchema = z.strictObject({
  use: z.string(),
  /** What is asked. Default `/.well-known/cutover/warm`. */
  path: z.string().startsWith('/').default('/.well-known/cutover/warm'),
  /** True: to the color's own address instead of through the edge. Default false. */
  direct: z.boolean().default(false),
  /** Milliseconds for one ping; a cold start may take long. Default 30 000. */
  timeoutMs: z.number().int().positive().max(300_000).default(30_000),
});

/** Time a pin stays good beyond the ping's own timeout, ms: clocks of worker and edge differ. */
const PIN_MARGIN_MS = 60_000;
/** Pings in flight at once; more would be a load test. */
const MAX_CONCURRENCY = 200;

interface Seen {
  readonly ok: boolean;
  readonly cold: boolean;
  readonly ms: number;
}

/**
 * Opens the warmup port of `use: pings`. Environment: `CUTOVER_PIN_SECRET`, the secret the edge verifies pins with;
 * not needed with `direct: true`.
 * @throws UserError when an option is wrong or the secret is not set.
 */
export function pingWarmup(ref: ProviderRef, scope: ProviderScope): WarmupPort {
  const options = parseOptions(optionsSchema, ref, 'warmup');
  // While secrets rotate the variable lists them all; the first one signs.
  const secret = options.direct
    ? null
    : (requireEnv(scope.env, 'CUTOVER_PIN_SECRET', 'it signs the pins that send warm pings to one color')
        .split(',')[0]
        ?.trim() ?? null);

  async function ping(
    base: string,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Seen> {
    const started = performance.now();
    try {
      const url = joinUrl(base, options.path);
      const answer = await call({ provider: 'pings', url, headers, signal, timeoutMs: options.timeoutMs });
      return { ok: true, cold: isCold(answer.headers, answer.text), ms: performance.now() - started };
    } catch (error) {
      // One failed ping is a number of the result, not the end of the round.
      if (error instanceof ProviderError) return { ok: false, cold: false, ms: performance.now() - started };
      throw error;
    }
  }

  return {
    async warm(color: Color, pings: number, context: WriteContext) {
      const headers: Record<string, string> = { 'x-warm': '1', 'cache-control': 'no-cache' };
      if (secret !== null) {
        const expMs = Date.now() + options.timeoutMs + PIN_MARGIN_MS;
        headers[PIN_HEADER] = await signPin({ color, kind: 'warm', expMs }, secret);
      }
      const bases = secret === null ? [scope.colorUrls[color]] : scope.entry.map((entry) => entry.url);
      const seen: Seen[] = [];
      for (let sent = 0; sent < pings; sent += MAX_CONCURRENCY) {
        const wave = Array.from({ length: Math.min(MAX_CONCURRENCY, pings - sent) }, (_, i) =>
          ping(bases[(sent + i) % bases.length] ?? '', headers, context.signal),
        );
        seen.push(...(await Promise.all(wave)));
      }
      const warmMs = seen.filter((one) => one.ok && !one.cold).map((one) => one.ms);
      return {
        sent: seen.length,
        cold: seen.filter((one) => one.cold).length,
        failed: seen.filter((one) => !one.ok).length,
        p95WarmMs: nearestRank(warmMs, 0.95),
      };
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

function nearestRank(values: readonly number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(p * sorted.length) - 1] ?? null;
}

export const provider = defineProvider({ name: 'pings', warmup: pingWarmup });
