/**
 * Provider `cloudflare`: the router Worker with its Durable Object and Workers KV, as edge and as cache.
 * Options: `admin`, `account`, `namespace`, `timeoutMs`, `propagationMs`.
 * Environment: CUTOVER_ADMIN_TOKEN, CUTOVER_PIN_SECRET, CLOUDFLARE_API_TOKEN, CLOUDFLARE_BASE_URL.
 */
import { defineProvider } from '../../ports/index.ts';
import { cloudflareCache } from './cache.ts';
import { cloudflareEdge } from './edge.ts';
import { cloudflareOptions } from './options.ts';

export const provider = defineProvider({
  name: 'cloudflare',
  edge: (ref, scope) => cloudflareEdge(cloudflareOptions(ref, scope, 'edge')),
  cache: (ref, scope, { edge }) => cloudflareCache(cloudflareOptions(ref, scope, 'cache'), edge),
});
