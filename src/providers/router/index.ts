/**
 * Provider `router`: our own router, on whatever runtime, as router and as cache.
 * Options: `timeoutMs`, `propagationMs`. Environment: CUTOVER_ADMIN_TOKEN, CUTOVER_PIN_SECRET.
 */
import { defineProvider } from '../../ports/index.ts';
import { routerCache } from './cache.ts';
import { ourRouter } from './observe.ts';
import { routerOptions } from './options.ts';

export const provider = defineProvider({
  name: 'router',
  router: (ref, scope) => ourRouter(routerOptions(ref, scope, 'router')),
  cache: (ref, scope, { store }) => routerCache(routerOptions(ref, scope, 'cache'), store),
});
