/** What provider `cloudflare` says of itself: the router Worker with its Durable Object and Workers KV. */
import { z } from 'zod';
import { defineManifest, type Variable } from '../../ports/manifest.ts';
import { optional, text, url } from '../../ports/option.ts';
import { DEFAULT_PROPAGATION_MS, ROUTER_VARIABLES, routerTimes } from '../router/manifest.ts';

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
  ...routerTimes,
});

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
      peerDiffers: [
        'its KV carries a write at once, where Cloudflare’s takes up to a minute',
        'one machine is all regions',
      ],
      options,
      faults,
      env: [...ROUTER_VARIABLES, KV, API],
      propagationMs: DEFAULT_PROPAGATION_MS,
      cache: { use: 'router', options: Object.keys(routerTimes) },
    },
  },
});
