/** What provider `http` says of itself: a color that speaks for itself, and gates that a service of the user's own judges. */
import { z } from 'zod';
import { defineManifest } from '../../ports/manifest.ts';
import { duration, milliseconds, optional, preset, required, url } from '../../ports/option.ts';
import { gateHeaders, gateMinSamples, gateTimeout } from '../gate-options.ts';

const regionsOf = z.record(z.string().min(1).max(100), url);

export const manifest = defineManifest({
  name: 'http',
  about: 'A service that answers over HTTP.',
  ports: {
    color: {
      does: 'health contract, retire',
      testedAgainst: 'real HTTP servers',
      options: z.strictObject({
        regions: optional(
          z.strictObject({
            blue: required(regionsOf, 'Of the blue stack, by region.'),
            green: required(regionsOf, 'Of the green stack, by region.'),
          }),
          'Addresses of each color’s regions. Left out: a color has one region, the one that its contract names.',
        ),
        timeoutMs: preset(milliseconds(120_000), 10_000, 'Longest time for one call, ms.'),
      }),
      env: [{ oneOf: ['CUTOVER_COLOR_TOKEN'], why: 'retires a color', when: 'retire' }],
    },
    gate: {
      does: 'POSTs the question to a service of your own and reads its verdict',
      testedAgainst: 'real HTTP servers',
      options: z.strictObject({
        url: required(url, 'What is POSTed to.', 'https://judge.example.com/verdict'),
        headers: gateHeaders,
        timeout: gateTimeout,
        minSamples: gateMinSamples,
        wait: optional(
          duration,
          'How long an answer may be in progress within one look; 60s when left out.',
          '2m',
        ),
      }),
    },
  },
});
