/** What provider `redis` says of itself: the edge config in one key of a Redis, and an app’s cache under a prefix of each color. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, optional, preset, required, variableName } from '../../ports/option.ts';

const address = (example: string) =>
  optional(
    z
      .string()
      .max(500)
      .regex(
        /^rediss?:\/\/[^\s/?#@]+(\/\d{0,5})?$/,
        'must be redis://host:port/number or rediss://…, without name and password',
      ),
    'Address of the primary, without name and password. Left out: the variable that `urlEnv` names.',
    example,
  );

const addressVariable = (name: string) =>
  preset(
    variableName(name),
    name,
    'Name of the variable that holds the address, with name and password where it wants them.',
  );

const perColor = z
  .string()
  .regex(
    /^[A-Za-z0-9:/_.-]{0,100}\{color\}[A-Za-z0-9:/_.-]{0,100}$/,
    'must hold {color} once, besides letters, digits and : / _ . -',
  );

export const manifest = defineManifest({
  name: 'redis',
  about:
    'A Redis (6 or later) behind one address that leads to the primary; no Redis Cluster. As a store: one key, and a failover may take back writes ' +
    'that were acknowledged, unless `replicas` have them. As a cache: the answers that an app keeps under a prefix of each color, in one keyspace.',
  ports: {
    cache: {
      does: 'unlinks the keys of a color’s prefix in bounded pieces, or starts a new epoch that the app reads as well; verifies by look-ups; primes by asking the color past the edge',
      testedAgainst:
        'Debian’s redis-server under an app that keeps its answers there, and a node of a cluster',
      options: z.strictObject({
        url: address('redis://cache.internal:6379/0'),
        urlEnv: addressVariable('CACHE_REDIS_URL'),
        prefix: required(
          perColor,
          'What the app puts before the key of every answer; {color} stands for blue or green.',
          'answers:{color}:',
        ),
        epoch: optional(
          perColor,
          'Key of a number that the app reads and puts between prefix and key, with a colon behind it (0 where there is none). A purge raises it, ' +
            'so that the app leaves the whole namespace at once.',
          'epoch:{color}',
        ),
        key: preset(
          z.enum(['path', 'sha256', 'md5']),
          'path',
          'What the app writes behind the prefix for an answer: path and query as users ask for them, or the hash of these in hex.',
        ),
        propagationMs: preset(
          milliseconds(600_000),
          5000,
          'With `epoch`: how long the app may go on with a number that it has read, ms.',
        ),
        answerMs: preset(milliseconds(120_000), 20_000, 'Longest time of one answer of the app, ms.'),
        timeoutMs: preset(milliseconds(60_000), 3000, 'Longest time of one call, ms, with its connection.'),
      }),
      env: [
        {
          oneOf: ['CACHE_REDIS_URL'],
          why: 'address of the Redis that holds the app’s answers',
          when: { absent: 'url' },
          namedBy: 'urlEnv',
        },
        { oneOf: ['CACHE_REDIS_USERNAME'], why: 'instead of a name in the address', optional: true },
        { oneOf: ['CACHE_REDIS_PASSWORD'], why: 'instead of a password in the address', optional: true },
      ],
    },
    store: {
      does: 'compare-and-set by a Lua script, leases dated by Redis’s own clock; for `cutover router`, or a router of your own that reads the key',
      testedAgainst: 'Debian’s redis-server, alone and with a replica that is promoted',
      options: z.strictObject({
        url: address('rediss://config.internal:6379/0'),
        urlEnv: addressVariable('REDIS_URL'),
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
