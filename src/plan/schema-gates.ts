/**
 * The blocks of `cutover.yaml` about judging: thresholds, gates of the user's own, and what too little data leads to.
 *
 * Invariant: like the rest of the schema, shape only.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { z } from 'zod';
import { duration, name, optional, required, text } from '../ports/option.ts';
import { manifestsWith } from '../providers/registry.ts';
import { deadline, field, share } from './fields.ts';
import { ownName } from './providers.ts';

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

const gateName = required(name, 'Name; the gate is called `custom:<name>`.', 'judge');

export interface CustomGateFile {
  readonly name: string;
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** A gate of the user's own: options go by who answers it. */
export const customGateFile = z.union([
  ...manifestsWith('gate').map(({ name: kind, about, ports }) =>
    z.strictObject({
      name: gateName,
      kind: required(z.literal(kind), about),
      ...ports.gate?.options.shape,
    }),
  ),
  z.looseObject({ name: gateName, kind: ownName('gate', '`./judge.mjs`, with a `gate` port') }),
]) as unknown as z.ZodType<CustomGateFile, CustomGateFile>;

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
