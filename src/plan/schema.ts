/**
 * The shape of `cutover.yaml` as people write it. Strict: a key that is not here is an error, because a misspelt
 * safety setting that is silently ignored is worse than no setting.
 *
 * Invariant: shape only. What a value must mean next to its neighbours is `lint.ts`, what is left out stands with its field.
 */
import { z } from 'zod';
import { STAGES } from '../domain/stage.ts';
import { name, optional, required, text, url } from '../ports/option.ts';
import { absent, deadline, field } from './fields.ts';
import { edgeParts, provider } from './providers.ts';
import { customGateFile, gatesFile, inconclusiveFile } from './schema-gates.ts';
import { probesFile } from './schema-probes.ts';
import { stageFields } from './schema-stages.ts';
import { stepsField } from './schema-steps.ts';

const colorName = z.enum(['blue', 'green']);

const colorFile = z.strictObject({
  url: required(url, 'Direct address of the stack, past the edge.', 'http://127.0.0.1:9001'),
  release: required(text, 'Release id, e.g. a git sha or a version; put numbers in quotes.', 'r41'),
  index: optional(
    z.strictObject({
      INDEX_HASH: required(text, 'Hash of the index the answers must come from.'),
      metric: required(text, 'Distance metric of the index.', 'cosine'),
      analyzer: required(text, 'Text analyzer of the index.'),
      embedModel: required(text, 'Embedding model.'),
      reranker: required(text, 'Reranker, or `none`.', 'none'),
    }),
    'Identity this color is meant to have; a difference from `from` must be declared here. Left out: what its health contract says at preflight is pinned.',
  ),
});

const approval = z.strictObject({
  before: required(z.enum(STAGES), 'Stage that waits for approval before it starts.'),
  approvers: absent(z.array(text).max(100), [], 'People who may approve; left out: anybody.', ['ana', 'bo']),
  count: field(z.int().min(1).max(10), 1, 'one named person is responsible', 'Distinct people needed.'),
  exclude: optional(z.literal('starter'), 'Whoever started the switch may not approve it.', 'starter'),
  deadline: deadline(
    { after: '3d', then: 'pause' },
    'a weekend passes; a healthy release is not rolled back for want of a click',
    'How long the switch waits for them.',
  ),
});

const approvalFile = z
  .union([z.enum(STAGES), approval])
  .transform((given) => (typeof given === 'string' ? approval.parse({ before: given }) : given));

export const planFile = z.strictObject({
  $schema: optional(text, 'Where the JSON Schema is, for editors that read it from here.'),
  service: required(name, 'Name of the service; one switch of a service runs at a time.', 'docs-rag'),
  from: field(
    colorName,
    'blue',
    'the usual first color; the next release says `from: green`',
    'Color that has the traffic now; `to` is the other one.',
  ),
  to: optional(colorName, 'Color that gets the traffic; only ever the other one of `from`.'),
  entry: required(
    z.union([url, z.record(name, url)]),
    'Where users arrive: one URL, or one for each region.',
    'https://docs.example.com',
    { 'eu-west': 'https://eu.example.com', 'us-east': 'https://us.example.com' },
  ),
  colors: required(
    z.strictObject({
      blue: required(colorFile, 'The blue stack.'),
      green: required(colorFile, 'The green stack.'),
    }),
    'The two stacks.',
  ),
  topology: field(
    z.enum(['weight', 'header']),
    'weight',
    'a sticky percentage works for every service; cohorts need signed headers',
    '`weight`: a sticky percentage. `header`: signed cohorts until the flip.',
  ),
  writes: optional(
    z.enum(['none']),
    '`none`: users write nothing that outlives their request, so the flip freezes nothing and has no fence window. Left out: they do.',
  ),
  edge: required(
    z.union([provider('edge'), edgeParts]),
    'Who holds the edge config and routes, in one word; or its parts, where a vendor’s own weight moves users.',
    { use: 'cloudflare', admin: 'https://docs.example.com' },
  ),
  color: field(
    provider('color'),
    'http',
    'the health contract is read over HTTP from each color',
    'Who reads health and retires a color.',
  ),
  queue: field(
    provider('queue'),
    'none',
    'a service without a job queue has nothing to drain',
    'The job queues; `none` if there are none.',
    {
      use: 'sqs',
      blue: 'https://…/jobs-blue',
      green: 'https://…/jobs-green',
    },
  ),
  cache: optional(
    provider('cache'),
    'The user-facing cache; `none` if there is none. Left out: `router`, the cache of our router, where the edge is ours (`cloudflare`); else `none`.',
  ),
  fence: optional(
    provider('fence'),
    'Who stops writes to some tables inside the freeze, once jobs are drained, whichever way they come: for a forward-only migration as a step there. Left out: nobody.',
  ),
  telemetry: required(provider('telemetry'), 'Where request lines are read.', {
    use: 'duckdb',
    path: './edge-*.ndjson',
  }),
  notify: field(
    z.array(provider('notify')).max(20),
    [],
    'the CLI and the Temporal UI show everything anyway',
    'Who is told.',
  ),
  evidence: field(
    provider('evidence'),
    { use: 'folder', path: './.cutover/evidence' },
    'needs nothing; fleets name an S3-compatible store',
    'Where probe responses, gate inputs and reports are kept.',
  ),
  probes: required(probesFile, 'The probe set and how it is asked.'),
  ...stageFields,
  steps: stepsField,
  approve: field(
    z.array(approvalFile).max(10),
    ['decommission'],
    'the one step that cannot be undone is a person’s decision',
    'Stages that wait for approval.',
    ['cutover', { before: 'decommission', approvers: ['ana', 'bo'], count: 2 }],
  ),
  gates: gatesFile,
  customGates: field(
    z.array(customGateFile).max(20),
    [],
    'the built-in gates cover the playbook',
    'Gates of your own, asked at every look.',
  ),
  allowErrors: field(
    z
      .array(
        z
          .string()
          .regex(
            /^(connect|tls|headers|body|parse|schema|tool):[^\s]{1,200}$/,
            'must be `stage:kind` or `stage:kind:code`',
          ),
      )
      .max(200),
    [],
    'what `from` never showed is new',
    'Error classes that do not count as new.',
    ['body:error_event:rate_limit_exceeded'],
  ),
  onInconclusive: inconclusiveFile,
  pause: deadline(
    { after: '1d', then: 'rollback' },
    'two colors under traffic drift apart; a pause nobody ends is a no',
    'How long a pause may last.',
  ),
});

/** The user's file as it was written. */
export type PlanFile = z.input<typeof planFile>;

/** The user's file as it was read: every default filled in, times in ms. */
export type PlanRead = z.output<typeof planFile>;
