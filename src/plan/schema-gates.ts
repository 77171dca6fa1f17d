/**
 * The blocks of `cutover.yaml` about judging: thresholds, gates of the user's own, and what too little data leads to.
 *
 * Invariant: like the rest of the schema, shape only.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { z } from 'zod';
import { deadline, duration, field, name, optional, required, share, text, url } from './fields.ts';

export const gatesFile = z.strictObject({
  deltaS: optional(
    z.strictObject({
      pass: field('gates.deltaS.pass', share, 'ΔS median at or under this passes at the end.'),
      block: field('gates.deltaS.block', share, 'ΔS median at or over this fails.'),
      pairedRise: field('gates.deltaS.pairedRise', share, 'Largest mean rise against `from`.'),
    }),
    'Distance between question and retrieved text.',
  ),
  coverage: optional(
    z.strictObject({
      mean: field('gates.coverage.mean', share, 'Least mean coverage.'),
      share: field('gates.coverage.share', share, 'Least share of probes that reach the mean limit.'),
      blockShare: field('gates.coverage.blockShare', share, 'A share under this fails.'),
      pairedDrop: field('gates.coverage.pairedDrop', share, 'Largest mean drop against `from`.'),
      critical: field('gates.coverage.critical', share, 'A probe under this is critical.'),
    }),
    'Share of the gold text that the retrieved text holds.',
  ),
  lambda: optional(
    z.strictObject({
      pass: field('gates.lambda.pass', share, 'Least share of convergent questions.'),
      block: field('gates.lambda.block', share, 'A share under this fails.'),
    }),
    'Agreement of citations over paraphrases and seeds.',
  ),
  latencyRatio: field(
    'gates.latencyRatio',
    z.number().min(1).max(10),
    'Largest p95 of `to` over `from`, warm requests.',
  ),
  errorRatio: field('gates.errorRatio', z.number().min(1).max(10), 'Largest error rate of `to` over `from`.'),
  errorFloor: field('gates.errorFloor', share, 'Error rate that is always fine.'),
  cacheDrop: field('gates.cacheDrop', share, 'Largest drop of the cache hit rate; 0.05 is five points.'),
  egressSuccess: field('gates.egressSuccess', share, 'Least share of successful outbound calls.'),
  queueAge: field('gates.queueAge', duration, 'Oldest job a queue may hold.'),
  minSamples: field(
    'gates.minSamples',
    z.int().min(1).max(1_000_000),
    'Requests an arm needs before a statistical gate decides.',
  ),
  advisory: field(
    'gates.advisory',
    z.array(text).max(50),
    'Gates that are judged and reported but never decide.',
    ['egress'],
  ),
  off: field('gates.off', z.array(text).max(50), 'Gates that are not asked.', ['stickiness']),
});

const promql = z.string().min(1).max(10_000);
const limit = z.number().min(-1e300).max(1e300);

/** A gate of the user's own. Which field goes with which kind is checked by `custom-gate-rules.ts`. */
export const customGateFile = z.strictObject({
  name: required(name, 'Name; the gate is called `custom:<name>`.', 'judge'),
  kind: required(z.enum(['http', 'prometheus']), 'Who answers. See docs/custom-gates.md.'),
  url: required(
    url,
    '`http`: what is POSTed to. `prometheus`: the base address of its API, without `/api/v1`.',
    'https://judge.example.com/verdict',
  ),
  headers: optional(
    z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'must be a header name'), z.string().max(2000)),
    'Headers to send; a secret is written `${env:NAME}` and read where the worker runs.',
    { authorization: 'Bearer ${env:JUDGE_TOKEN}' },
  ),
  timeout: optional(duration, 'Longest time for one call; 10s when left out.', '5s'),
  minSamples: optional(
    z.int().min(1).max(1_000_000_000),
    'Samples that the answer must rest on: with fewer it is inconclusive.',
  ),
  wait: optional(
    duration,
    '`http`: how long an answer may be in progress within one look; 60s when left out.',
    '2m',
  ),
  query: optional(
    promql,
    '`prometheus`: PromQL with `{{color}}`, asked once for each color.',
    'sum(rate(errors_total{color="{{color}}"}[{{window}}s]))',
  ),
  from: optional(
    promql,
    '`prometheus`: PromQL of the value of `from`; together with `to`, instead of `query`.',
  ),
  to: optional(promql, '`prometheus`: PromQL of the value of `to`.'),
  compare: optional(promql, '`prometheus`: PromQL that compares the colors by itself, instead of `query`.'),
  samples: optional(
    promql,
    '`prometheus`: PromQL of the number of samples; with `{{color}}` the smaller of the two counts.',
  ),
  max: optional(limit, '`prometheus`: largest value of `to`, or of `compare`.'),
  min: optional(limit, '`prometheus`: smallest value of `to`, or of `compare`.'),
  maxRatio: optional(z.number().gt(0).max(1e300), '`prometheus`: largest value of `to` over `from`.'),
  maxIncrease: optional(limit, '`prometheus`: largest value of `to` minus `from`.'),
  allowWarnings: optional(
    z.boolean(),
    '`prometheus`: true lets an answer with warnings decide; it may be incomplete.',
  ),
});

export const inconclusiveFile = z.strictObject({
  extensions: field(
    'onInconclusive.extensions',
    z.int().min(0).max(20),
    'How often a hold with too little data is extended.',
  ),
  extension: field('onInconclusive.extension', duration, 'Length of one extension.'),
  then: field(
    'onInconclusive.then',
    z.enum(['pause', 'abort', 'promote']),
    'What happens after the last one.',
  ),
  deadline: field('onInconclusive.deadline', deadline, 'How long a pause for it waits for an operator.'),
});
