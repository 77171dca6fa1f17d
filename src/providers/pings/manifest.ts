/** What provider `pings` says of itself: warmth by tagged requests. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { milliseconds, preset } from '../../ports/option.ts';

export const manifest = defineManifest({
  name: 'pings',
  about: 'Tagged requests, which warm any platform.',
  ports: {
    warmup: {
      does: 'tagged pings that stay out of SLO math',
      testedAgainst: 'real HTTP servers, the sample service',
      options: z.strictObject({
        path: preset(
          z.string().regex(/^\//, 'must begin with /'),
          '/.well-known/cutover/warm',
          'What is asked: a route that does the work of a first request and answers 2xx.',
        ),
        direct: preset(z.boolean(), false, 'True: to the color’s own address instead of through the edge.'),
        timeoutMs: preset(
          milliseconds(300_000),
          30_000,
          'Longest time for one ping, ms.',
          'a cold start may take long',
        ),
      }),
      env: [
        {
          oneOf: ['CUTOVER_PIN_SECRET'],
          why: 'signs pins of warm pings',
          when: { absent: 'direct' },
        },
      ],
    },
  },
});
