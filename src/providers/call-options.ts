/** The options that calls to services of the user's own share: gates and steps. */
import { z } from 'zod';
import { duration, optional } from '../ports/option.ts';

export const callHeaders = optional(
  z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'must be a header name'), z.string().max(2000)),
  'Headers to send; a secret is written `${env:NAME}` and read where the worker runs.',
  { authorization: 'Bearer ${env:JUDGE_TOKEN}' },
);

export const callTimeout = optional(duration, 'Longest time for one call; 10s when left out.', '5s');

export const gateMinSamples = optional(
  z.int().min(1).max(1_000_000_000),
  'Samples that the answer must rest on: with fewer it is inconclusive.',
);
