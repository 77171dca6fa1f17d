/** What provider `cloudflare` says of itself: the router Worker with its Durable Object and Workers KV, as edge and as cache. */
import { z } from 'zod';
import { defineManifest, type Variable } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, text, url } from '../../ports/option.ts';

/**
 * Longest time for a write to reach every router, ms: the router reads KV with KV's least cache time, 30 s, and KV's own fan-out
 * and the router's polls come on top.
 */
const PROPAGATION_MS = 60_000;

const options = z.strictObject({
  admin: optional(url, 'Address of the router Worker that reaches the store. Left out: the first entry.'),
  account: optional(
    text,
    'Id of the account that owns the KV namespace; needed with `namespace`.',
    '0a1b2c3d',
  ),
  namespace: optional(
    text,
    'Id of the KV namespace, to read each write back from it. Left out: the Durable Object’s own word counts.',
    '4e5f6a7b',
  ),
  timeoutMs: preset(milliseconds(120_000), 5000, 'Longest wait for one answer, ms.'),
  propagationMs: preset(
    milliseconds(3_600_000),
    PROPAGATION_MS,
    'Longest wait for KV or a region to carry a write, ms.',
    'twice KV’s least cache time',
  ),
});

const ADMIN: Variable = {
  oneOf: ['CUTOVER_ADMIN_TOKEN'],
  why: 'the router Worker’s ADMIN_TOKEN: reads and writes the edge config',
};
const PINS: Variable = {
  oneOf: ['CUTOVER_PIN_SECRET'],
  why: 'the router Worker’s PIN_SECRETS: signs pins of probes, pings and priming',
};
const KV: Variable = {
  oneOf: ['CLOUDFLARE_API_TOKEN'],
  why: 'reads each write back from Workers KV',
  when: { set: 'namespace' },
};
const API: Variable = {
  oneOf: ['CLOUDFLARE_BASE_URL'],
  why: 'another address of Cloudflare’s API, for a proxy or a local stand-in',
  optional: true,
};

const faults = ({ namespace, account }: z.input<typeof options>) =>
  namespace === undefined || account !== undefined
    ? []
    : [
        {
          key: 'account',
          message: 'is needed with `namespace`',
          fix: 'write the id of the account that owns it',
        },
      ];

export const manifest = defineManifest({
  name: 'cloudflare',
  about: 'The router Worker with its Durable Object and Workers KV.',
  ports: {
    edge: {
      does: 'compare-and-set in the router’s Durable Object, fan-out to KV, KV read back through Cloudflare’s API, every region observed',
      testedAgainst: 'workerd by miniflare, its KV through the local explorer’s API',
      options,
      faults,
      env: [ADMIN, PINS, KV, API],
      propagationMs: PROPAGATION_MS,
      bringsCache: true,
      granularityPercent: 0.001,
    },
    cache: {
      does: 'empties a color’s namespace by raising its epoch in the edge config; verifies through every region; primes by signed pins',
      testedAgainst: 'workerd’s Cache API',
      options,
      faults,
      env: [ADMIN, PINS, KV, API],
    },
  },
});
