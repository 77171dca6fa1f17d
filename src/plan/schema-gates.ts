/**
 * The blocks of `cutover.yaml` about judging: thresholds, gates of the user's own, and what too little data leads to.
 *
 * Invariant: like the rest of the schema, shape only.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { z } from 'zod';
import type { GateSettings } from '../domain/gate.ts';
import type { GateSetting } from '../domain/gates/gate.ts';
import { BLOCKS, SETTINGS } from '../domain/gates/index.ts';
import { HOURS_OF_DAY } from '../domain/day-hours.ts';
import { name, required, text } from '../ports/option.ts';
import { manifestsWith } from '../providers/registry.ts';
import { absent, block, deadline, duration, field, share } from './fields.ts';
import { asWritten, ownName } from './providers.ts';

const ERROR_CLASS = /^[a-z][a-z0-9_]*(?::[^\s:]+)*$/;
const NO_CLASS = 'must be an HTTP status from 400 to 599, or an error class such as client:timeout';

const KINDS = {
  share,
  ratio: z.number().min(1).max(10),
  duration,
  count: z.int().min(1).max(1_000_000),
  hours: z.int().min(0).max(168),
} as const satisfies Record<GateSetting['kind'], z.ZodType>;

/** What a threshold is called in the plan: without its unit. */
function threshold([path, { kind, default: fallback, why, says }]: readonly [string, GateSetting]) {
  const [first = '', second] = path.replace(/Ms$/, '').split('.');
  return { first, second, schema: field(KINDS[kind] as z.ZodType, fallback, why, says) };
}

const thresholds = Object.entries(SETTINGS).map(threshold);

/** Statuses and error classes. */
const errorNames = (why: string, says: string, example: readonly unknown[]) =>
  field(
    z.array(z.union([z.int().min(400).max(599), z.string().max(200).regex(ERROR_CLASS, NO_CLASS)])).max(50),
    [],
    why,
    `${says} A number is an HTTP status; a text is an error class, with all below it: \`client\` is \`client:timeout\` too.`,
    example,
  );

/** What a block holds beside its thresholds. */
const BESIDE: Readonly<Record<string, z.ZodRawShape>> = {
  serverErrors: {
    also: errorNames(
      'the built-in rule says it',
      'Errors that count beside 5xx, connect, TLS, timeouts and cut bodies.',
      [429, 'client:timeout'],
    ),
    not: errorNames('the built-in rule says it', 'Errors that do not count; it wins over `also`.', [501]),
  },
  history: {
    early: field(
      z.enum(['auto', 'off']),
      'auto',
      'a day that was measured with as many instances, or with instances named, may be believed',
      'Whether the day may fail a look before a third of the hold has passed.',
    ),
    ignore: field(
      z.array(z.string().regex(HOURS_OF_DAY, 'must be a time span of a day, UTC, e.g. 02:00-03:30')).max(24),
      [],
      'every hour counts',
      'Hours of the day that are left out, UTC; the report names them.',
      ['02:00-03:30'],
    ),
  },
};

/** Blocks that a plan may leave out by a word, and what its threshold is then. */
const OFF: Readonly<Record<string, object>> = { catastrophe: { level: 0 }, history: { hours: 0 } };

/** Thresholds of one block, or one that stands alone. */
function under(first: string): z.ZodType {
  const own = thresholds.filter((one) => one.first === first);
  const alone = own.find(({ second }) => second === undefined);
  if (alone !== undefined) return alone.schema;
  const fields = Object.fromEntries(own.map(({ second = '', schema }) => [second, schema]));
  const all = block({ ...fields, ...BESIDE[first] }, BLOCKS[first] ?? '');
  const off = OFF[first];
  if (off === undefined) return all;
  const none = z.literal('off').transform(() => all.parse(off));
  return z.prefault(z.union([none, all]), {}).meta({ description: BLOCKS[first] ?? '' });
}

/** The thresholds are those of the gates; each stands in the file of its gate. */
export const gatesFile = block(
  {
    ...Object.fromEntries(thresholds.map(({ first }) => [first, under(first)])),
    serverErrors: under('serverErrors'),
    cacheDrop: absent(share, undefined, 'Another name of `cache.drop`.', 0.03),
    advisory: field(
      z.array(text).max(50),
      [],
      'every gate decides',
      'Gates that are judged and reported but never decide.',
      ['egress'],
    ),
    off: field(z.array(text).max(50), [], 'every gate is asked', 'Gates that are not asked.', ['stickiness']),
  },
  'Thresholds in force.',
) as unknown as z.ZodType<GatesRead, Readonly<Record<string, unknown>> | undefined>;

/** As read: with the other name of a threshold still beside it. */
export type GatesRead = GateSettings & { readonly cacheDrop: number | undefined };

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
      ...asWritten(ports.gate?.options.shape ?? {}),
    }),
  ),
  z.looseObject({ name: gateName, kind: ownName('gate', '`./judge.mjs`, with a `gate` port') }),
]) as unknown as z.ZodType<CustomGateFile, CustomGateFile>;

export const inconclusiveFile = block(
  {
    extensions: field(
      z.int().min(0).max(20),
      2,
      'an hour more of data before anybody is asked',
      'How often a hold with too little data is extended.',
    ),
    extension: field(duration, '30m', 'a full probe grid and six more looks', 'Length of one extension.'),
    then: field(
      z.enum(['pause', 'abort', 'promote']),
      'pause',
      'too little data is a question for a person',
      'What happens after the last one.',
    ),
    deadline: deadline(
      { after: '4h', then: 'rollback' },
      'an unanswered question is a no',
      'How long a pause for it waits for an operator.',
    ),
  },
  'What too little data leads to; it is never a pass.',
);
