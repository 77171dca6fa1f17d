/** Reads the options of our router from the plan and its secrets from the worker's environment. */
import { z } from 'zod';
import type { ProviderRef } from '../../domain/plan.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { parseOptions, requireEnv } from '../options.ts';
import type { RouterAccess } from './client.ts';

/**
 * Longest time for a write to reach every router, ms, where nothing else is said: the router reads its copy every 30 s, and the
 * copy's own fan-out and the router's polls come on top.
 */
export const DEFAULT_PROPAGATION_MS = 60_000;
export const DEFAULT_TIMEOUT_MS = 5000;

export interface RouterOptions extends RouterAccess {
  readonly service: string;
  readonly entry: ProviderScope['entry'];
  /** The worker's environment: pins are signed by what it holds when they are sent. */
  readonly env: ProviderScope['env'];
  /** Longest wait for a region to carry a generation, ms. */
  readonly propagationMs: number;
}

const schema = z.strictObject({
  use: z.string(),
  timeoutMs: z.number().positive().default(DEFAULT_TIMEOUT_MS),
  propagationMs: z.number().positive().default(DEFAULT_PROPAGATION_MS),
});

/** @throws UserError naming the option or variable that is missing or wrong. */
export function routerOptions(ref: ProviderRef, scope: ProviderScope, port: string): RouterOptions {
  const { timeoutMs, propagationMs } = parseOptions(schema, ref, port);
  return routerAccess(scope, { timeoutMs, propagationMs });
}

export function routerAccess(
  { service, entry, env }: ProviderScope,
  times: Pick<RouterOptions, 'timeoutMs' | 'propagationMs'>,
): RouterOptions {
  const adminToken = requireEnv(env, 'CUTOVER_ADMIN_TOKEN', 'the router’s ADMIN_TOKEN');
  return { service, entry, env, adminToken, ...times };
}
