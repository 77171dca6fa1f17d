/** What provider `haproxy` says of itself: the weights of two servers in a backend, set at run time. */
import { z } from 'zod';
import type { TrafficCapabilities } from '../../domain/traffic.ts';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, preset, required } from '../../ports/option.ts';

/** A name of HAProxy. */
const named = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,100}$/, 'must be a name of HAProxy: letters, digits and . _ : -');

const options = z.strictObject({
  sockets: required(
    z
      .array(
        z
          .string()
          .regex(/^(\/[^\s]{1,100}|[^\s/:]+:\d{1,5})$/, 'must be an absolute path of a socket, or host:port'),
      )
      .min(1)
      .max(50),
    'The runtime API of every HAProxy that users come through, with `level admin`: a path of a socket, or host:port. It has no password: let nobody else reach it.',
    ['/run/haproxy/admin.sock'],
  ),
  backend: required(named, 'The backend of both colors.', 'docs'),
  blue: preset(named, 'blue', 'The server of the blue color in it.'),
  green: preset(named, 'green', 'The server of the green color in it.'),
  memory: preset(
    named,
    'cutover',
    'A stick table in which HAProxy keeps who set the weights, until it is reloaded: `backend cutover`, and in it `stick-table type string len 500 size 100`.',
  ),
  sticky: preset(
    z.boolean(),
    false,
    'Write true where the backend balances by a hash of the user with `hash-type consistent`, so that a user stays on a color while the weight stands.',
    'HAProxy’s own default deals each request anew',
  ),
  timeoutMs: preset(milliseconds(60_000), 3000, 'Longest time of one call, ms.', 'it is a local socket'),
});

export const manifest = defineManifest({
  name: 'haproxy',
  about:
    'Two servers of a HAProxy backend (2.4 or later), whose weights are set by the runtime API. They are lost when HAProxy is reloaded, and put back at the next look.',
  ports: {
    traffic: {
      does: 'weights 0 to 100 by the runtime API of each HAProxy, read back from what it uses; tells who set them',
      testedAgainst: 'Debian’s haproxy, restarted and reloaded, with users’ requests through it',
      options,
      capabilities: ({ sticky = false }: z.input<typeof options>): TrafficCapabilities => ({
        granularityPercent: 1,
        maxPercent: 100,
        canLower: true,
        stages: null,
        isSticky: sticky,
        isVolatile: true,
        propagation: { maxMs: 1000 },
      }),
    },
  },
});
