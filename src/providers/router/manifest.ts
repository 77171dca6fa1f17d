/** What provider `router` says of itself: our own router, on whatever runtime. */
import { z } from 'zod';
import { defineManifest, type Variable } from '../../ports/manifest.ts';
import { milliseconds, preset } from '../../ports/option.ts';

/**
 * Longest time for a write to reach every router, ms, where nothing else is said: the router reads its copy every 30 s, and the
 * copy's own fan-out and the router's polls come on top.
 */
export const DEFAULT_PROPAGATION_MS = 60_000;

/** The options of whoever asks our router. */
export const routerTimes = {
  timeoutMs: preset(milliseconds(120_000), 5000, 'Longest wait for one answer, ms.'),
  propagationMs: preset(
    milliseconds(3_600_000),
    DEFAULT_PROPAGATION_MS,
    'Longest wait for every region to carry a write, ms.',
    'twice the time after which a router reads its copy again',
  ),
};

/** The variables of whoever asks our router. */
export const ROUTER_VARIABLES: readonly Variable[] = [
  {
    oneOf: ['CUTOVER_ADMIN_TOKEN'],
    why: 'the router’s ADMIN_TOKEN: reads and writes the edge config',
  },
  {
    oneOf: ['CUTOVER_PIN_SECRET'],
    why: 'the router’s PIN_SECRETS: signs pins of probes, pings and priming',
  },
];

export const manifest = defineManifest({
  name: 'router',
  about: 'Our own router, whatever it runs on.',
  ports: {
    router: {
      does: 'every region observed, by the router’s own routes',
      testedAgainst: 'workerd by miniflare, and Node',
      options: z.strictObject(routerTimes),
      env: ROUTER_VARIABLES,
      propagationMs: DEFAULT_PROPAGATION_MS,
      cache: { use: 'router', options: Object.keys(routerTimes) },
    },
    cache: {
      does: 'empties a color’s namespace by raising its epoch in the edge config; verifies through every region; primes by signed pins',
      testedAgainst: 'workerd’s Cache API',
      peerDiffers: ['one machine is all regions, with a cache each'],
      options: z.strictObject(routerTimes),
      env: ROUTER_VARIABLES,
    },
  },
});
