/**
 * Provider `cloudflare`: the router Worker's Durable Object as config store, with Workers KV read back, and our router in front of it.
 * Options: `admin`, `account`, `namespace`, `timeoutMs`, `propagationMs`.
 * Environment: CUTOVER_ADMIN_TOKEN, CUTOVER_PIN_SECRET, CLOUDFLARE_API_TOKEN, CLOUDFLARE_BASE_URL.
 */
import { defineProvider } from '../../ports/index.ts';
import { ourRouter } from '../router/observe.ts';
import { cloudflareOptions } from './options.ts';
import { durableObjectStore } from './store.ts';

export const provider = defineProvider({
  name: 'cloudflare',
  store: (ref, scope) => durableObjectStore(cloudflareOptions(ref, scope)),
  router: (ref, scope) => ourRouter(cloudflareOptions(ref, scope)),
});
