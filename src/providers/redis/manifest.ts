/** What provider `redis` says of itself: the edge config in one key of a Redis. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, variableName } from '../../ports/option.ts';

export const manifest = defineManifest({
  name: 'redis',
  about:
    'One key of a Redis (6 or later) behind one address that leads to the primary; no Redis Cluster. A failover may take back writes that were ' +
    'acknowledged, unless `replicas` have them.',
  ports: {
    store: {
      does: 'compare-and-set by a Lua script, leases dated by Redis’s own clock; for `cutover router`, or a router of your own that reads the key',
      testedAgainst: 'Debian’s redis-server, alone and with a replica that is promoted',
      options: z.strictObject({
        url: optional(
          z
            .string()
            .max(500)
            .regex(
              /^rediss?:\/\/[^\s/?#@]+(\/\d{0,5})?$/,
              'must be redis://host:port/number or rediss://…, without name and password',
            ),
          'Address of the primary, without name and password. Left out: the variable that `urlEnv` names.',
          'rediss://config.internal:6379/0',
        ),
        urlEnv: preset(
          variableName('REDIS_URL'),
          'REDIS_URL',
          'Name of the variable that holds the address, with name and password where it wants them.',
        ),
        prefix: preset(
          z.string().regex(/^[A-Za-z0-9:/_.-]{0,200}$/, 'may hold letters, digits and : / _ . -'),
          'cutover:',
          'The key of a service is this and its name.',
        ),
        replicas: preset(
          z.int().min(0).max(10),
          0,
          'A write is done when so many replicas have it: write how many there are, and as much for Redis’s `min-replicas-to-write`. With 0 the store ' +
            'counts as weak, and preflight warns: a failover may go back to an older generation, which is noticed at the next look and written anew.',
          'a Redis without replicas would never answer',
        ),
        timeoutMs: preset(
          milliseconds(60_000),
          3000,
          'Longest time of one call, ms, with the connection that each makes.',
          'less than the 4 s that the way back of users waits for a store',
        ),
      }),
      env: [
        {
          oneOf: ['REDIS_URL'],
          why: 'address of the Redis that holds the edge config',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        { oneOf: ['REDIS_USERNAME'], why: 'instead of a name in the address', optional: true },
        { oneOf: ['REDIS_PASSWORD'], why: 'instead of a password in the address', optional: true },
      ],
    },
  },
  packages: { '@redis/client': '^6.3.1' },
});
