/** Reads the options of our router from the plan and its secrets from the worker's environment. */
import type { ProviderRef } from '../../domain/plan.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { parseOptions } from '../options.ts';
import { requireEnv } from '../../ports/secrets.ts';
import type { RouterAccess } from './client.ts';
import { manifest } from './manifest.ts';

export interface RouterOptions extends RouterAccess {
  readonly service: string;
  readonly entry: ProviderScope['entry'];
  /** The worker's environment: pins are signed by what it holds when they are sent. */
  readonly env: ProviderScope['env'];
  /** Longest wait for a region to carry a generation, ms. */
  readonly propagationMs: number;
}

/** @throws UserError naming the option or variable that is missing or wrong. */
export function routerOptions(ref: ProviderRef, scope: ProviderScope, port: string): RouterOptions {
  const { timeoutMs, propagationMs } = parseOptions(manifest.ports.cache, ref, port);
  return routerAccess(scope, { timeoutMs, propagationMs });
}

export function routerAccess(
  { service, entry, env }: ProviderScope,
  times: Pick<RouterOptions, 'timeoutMs' | 'propagationMs'>,
): RouterOptions {
  const adminToken = requireEnv(env, 'CUTOVER_ADMIN_TOKEN', 'the router’s ADMIN_TOKEN');
  return { service, entry, env, adminToken, ...times };
}
