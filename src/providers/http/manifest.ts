/** What provider `http` says of itself: a color that speaks for itself, and gates that a service of the user's own judges. */
import { z } from 'zod';
import { defineManifest, type OptionFault } from '../../ports/manifest.ts';
import { duration, milliseconds, optional, preset, required, url } from '../../ports/option.ts';
import { METHODS } from '../fetch.ts';
import { callHeaders, callTimeout, gateMinSamples } from '../call-options.ts';

const status = z.int().min(100).max(599);

/** What an answer must be; anything else is not done yet. */
const expectation = z.strictObject({
  status: optional(
    z.union([status, z.array(status).min(1).max(20)]),
    'The status, or a list of them. Left out: any from 200 to 299.',
    [200, 404],
  ),
  at: optional(
    z.string().max(500).regex(/^\//, 'must be a JSON Pointer, e.g. /state'),
    'JSON Pointer into the answer, to what must be equal to `is`.',
    '/state',
  ),
  is: optional(
    z.union([z.string().max(500), z.number(), z.boolean(), z.null()]),
    'What must stand there. Anything else is not done yet: it is asked again.',
    'done',
  ),
});

const stepOptions = z.strictObject({
  method: preset(z.enum(METHODS), 'POST', 'Method of the call.', 'it is what hooks and deploy services take'),
  url: required(url, 'What is called.', 'https://deploy.example.com/alias'),
  headers: callHeaders,
  body: optional(
    z.unknown(),
    'JSON body. Left out: the switch, the step and the colors; nothing with GET and DELETE.',
    { alias: 'docs', index: 'green' },
  ),
  expect: optional(expectation, 'What the answer must be. Left out: a status from 200 to 299.'),
  timeout: callTimeout,
});

/** A rule between fields of `expect`. */
function stepFaults({ expect = {} }: z.input<typeof stepOptions>): OptionFault[] {
  const { at, is } = expect;
  if ((at === undefined) === (is === undefined)) return [];
  const message = at === undefined ? 'has `is` and no `at`' : 'has `at` and no `is`';
  return [{ key: 'expect', message, fix: 'write both: {at: /state, is: done}' }];
}

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
    step: {
      does: 'one call, and one that undoes it',
      testedAgainst: 'real HTTP servers',
      options: stepOptions,
      faults: stepFaults,
    },
    gate: {
      does: 'POSTs the question to a service of your own and reads its verdict',
      testedAgainst: 'real HTTP servers',
      options: z.strictObject({
        url: required(url, 'What is POSTed to.', 'https://judge.example.com/verdict'),
        headers: callHeaders,
        timeout: callTimeout,
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
