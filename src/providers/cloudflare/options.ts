/** Reads the provider's options from the plan and its secrets from the worker's environment. */
import { z } from 'zod';
import type { ProviderRef } from '../../domain/plan.ts';
import { parseOptions, requireEnv } from '../options.ts';
import type { ProviderScope } from '../../ports/index.ts';
import {
  DEFAULT_PROPAGATION_MS,
  DEFAULT_TIMEOUT_MS,
  routerAccess,
  type RouterOptions,
} from '../router/options.ts';

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

const text = z.string().min(1);

const schema = z
  .strictObject({
    use: z.string(),
    /** Address of the router Worker; the first entry URL when absent. */
    admin: z.url({ protocol: /^https?$/ }).optional(),
    account: text.optional(),
    /** Id of the KV namespace; absent: KV is not read back, the store's own word counts. */
    namespace: text.optional(),
    timeoutMs: z.number().positive().default(DEFAULT_TIMEOUT_MS),
    propagationMs: z.number().positive().default(DEFAULT_PROPAGATION_MS),
  })
  .refine((options) => options.namespace === undefined || options.account !== undefined, {
    path: ['account'],
    error: 'is needed with `namespace`: the id of the account that owns it',
  });

/** @throws UserError naming the option or variable that is missing or wrong. */
export function cloudflareOptions(ref: ProviderRef, scope: ProviderScope, port: string): CloudflareOptions {
  const { admin, account, namespace, timeoutMs, propagationMs } = parseOptions(schema, ref, port);
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
