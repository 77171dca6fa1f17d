/** Reads the provider's options from the plan and its secrets from the worker's environment. */
import type { ProviderRef } from '../../domain/plan.ts';
import { parseOptions } from '../options.ts';
import { requireEnv } from '../../ports/secrets.ts';
import type { ProviderScope } from '../../ports/index.ts';
import { routerAccess, type RouterOptions } from '../router/options.ts';
import { manifest } from './manifest.ts';

export interface CloudflareOptions extends RouterOptions {
  /** The router that reaches the store. */
  readonly admin: string;
  /** KV to verify after a write; null when the plan names no namespace. */
  readonly kv: KvOptions | null;
}

export interface KvOptions {
  readonly account: string;
  readonly namespace: string;
  readonly apiToken: string;
  /** Absent: Cloudflare's own. */
  readonly baseUrl: string | undefined;
}

/** @throws UserError naming the option or variable that is missing or wrong. */
export function cloudflareOptions(ref: ProviderRef, scope: ProviderScope): CloudflareOptions {
  const { admin, account, namespace, timeoutMs, propagationMs } = parseOptions(
    manifest.ports.edge,
    ref,
    'edge',
  );
  return {
    ...routerAccess(scope, { timeoutMs, propagationMs }),
    admin: admin ?? scope.entry[0]?.url ?? '',
    kv:
      account === undefined || namespace === undefined
        ? null
        : {
            account,
            namespace,
            apiToken: requireEnv(scope.env, 'CLOUDFLARE_API_TOKEN', 'KV is read back after each write'),
            baseUrl: scope.env['CLOUDFLARE_BASE_URL'],
          },
  };
}
