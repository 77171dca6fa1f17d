/**
 * The shape of `cutover.yaml` as people write it. Strict: a key that is not here is an error, because a misspelt
 * safety setting that is silently ignored is worse than no setting.
 *
 * Invariant: shape only. What a value must mean next to its neighbours is `lint.ts`, what is left out is `defaults.ts`.
 */
import { z } from 'zod';
import { FINDING_CODES } from '../domain/finding.ts';
import { STAGES } from '../domain/stage.ts';
import {
  cohorts,
  deadline,
  duration,
  field,
  looks,
  name,
  optional,
  provider,
  required,
  share,
  text,
  url,
  weight,
} from './fields.ts';
import { probesFile } from './schema-probes.ts';

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
    'Identity this color is meant to have. Left out: what its health contract says at preflight is pinned.',
  ),
});

const stepFile = z.union([
  weight,
  z.strictObject({
    weight: required(weight, 'Percent of sticky users on `to`.', 25),
    for: optional(duration, 'Length of this step; left out: that of the ramp.', '15m'),
    looks: optional(looks, 'Looks in this step; left out: those of the ramp.'),
    cohorts: optional(cohorts, 'Cohorts on `to` from this step on (topology `header`).'),
    regions: optional(z.array(name).max(100), 'Regions that the gates look at in this step; left out: all.'),
  }),
]);

const stepsFile = z.array(stepFile).max(50);

const rampFile = z.union([
  stepsFile,
  z.strictObject({
    steps: field('ramp', stepsFile, 'Weights in rising order.'),
    for: field('ramp.for', duration, 'Length of each step that does not say its own.'),
    looks: field('ramp.looks', looks, 'Looks in each step that does not say its own.'),
  }),
]);

const approvalFile = z.union([
  z.enum(STAGES),
  z.strictObject({
    before: required(z.enum(STAGES), 'Stage that waits for approval before it starts.'),
    approvers: optional(z.array(text).max(100), 'People who may approve; left out: anybody.', ['ana', 'bo']),
    count: field('approve.count', z.int().min(1).max(10), 'Distinct people needed.'),
    deadline: field('approve.deadline', deadline, 'How long the switch waits for them.'),
  }),
]);

const peakFile = z.union([
  z.enum(['telemetry', 'none']),
  z.strictObject({
    at: required(
      z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be HH:MM'),
      'Local start.',
      '18:00',
    ),
    zone: required(text, 'IANA time zone.', 'Europe/Paris'),
    days: optional(
      z.array(z.int().min(1).max(7)).min(1).max(7),
      'Days, 1 = Monday to 7 = Sunday; left out: all.',
    ),
  }),
]);

const gatesFile = z.strictObject({
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

const customGateFile = z.looseObject({
  name: required(name, 'Name; the gate is called `custom:<name>`.', 'judge'),
  kind: required(z.enum(['http', 'prometheus']), 'Who answers; the other keys are its options.'),
});

/** Most text a region name, header and the like may have is bounded so that a plan fits a workflow's history. */
export const planFile = z.strictObject({
  $schema: optional(text, 'Where the JSON Schema is, for editors that read it from here.'),
  service: required(name, 'Name of the service; one switch of a service runs at a time.', 'docs-rag'),
  from: field('from', colorName, 'Color that has the traffic now; `to` is the other one.'),
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
    'topology',
    z.enum(['weight', 'header']),
    '`weight`: a sticky percentage. `header`: signed cohorts until the flip.',
  ),
  edge: required(provider, 'Who holds the edge config and routes.', {
    use: 'cloudflare',
    namespace: 'cutover',
  }),
  color: field('color', provider, 'Who reads health and retires a color.'),
  queue: field('queue', provider, 'The job queues; `none` if there are none.', {
    use: 'sqs',
    blue: 'https://…/jobs-blue',
    green: 'https://…/jobs-green',
  }),
  cache: optional(
    provider,
    'The user-facing cache; `none` if there is none. Left out: the edge provider where that is cloudflare, else `none`.',
  ),
  telemetry: required(provider, 'Where request lines are read.', { use: 'duckdb', path: './edge-*.ndjson' }),
  notify: field('notify', z.array(provider).max(20), 'Who is told.'),
  evidence: field('evidence', provider, 'Where probe responses, gate inputs and reports are kept.'),
  probes: optional(probesFile, 'The probe set and how it is asked.'),
  preflight: optional(
    z.strictObject({
      accept: optional(
        z.partialRecord(z.enum(FINDING_CODES), text),
        'Finding codes that you accept, each with the reason.',
        {
          'dns-ttl': 'the record is internal',
        },
      ),
      deadline: field('preflight.deadline', deadline, 'How long preflight may wait.'),
    }),
    'Checks before anything changes.',
  ),
  shadow: optional(
    z.strictObject({
      replay: field(
        'shadow.replay',
        z.int().min(0).max(100_000),
        'Sampled user requests replayed to `to` with writes fenced.',
      ),
      deadline: field('shadow.deadline', deadline, 'How long the stage may take.'),
    }),
    'Probes and replay before any user.',
  ),
  canary: optional(
    z.strictObject({
      weight: field('canary.weight', weight, 'Percent of sticky users on `to`.'),
      for: field('canary.for', duration, 'Length of the hold.'),
      looks: field('canary.looks', looks, 'Looks within it.'),
      cohorts: optional(cohorts, 'Cohorts on `to` (topology `header`).', ['staff']),
    }),
    'The first users.',
  ),
  warmup: optional(
    z.strictObject({
      provider: field('warmupProvider', provider, 'Who warms; `none` to skip.'),
      pings: field('warmup.pings', z.int().min(1).max(10_000), 'Pings in a round.'),
      rounds: field(
        'warmup.rounds',
        z.int().min(1).max(1000),
        'Most rounds until the cold-start panel is flat.',
      ),
      deadline: field('warmup.deadline', deadline, 'How long the stage may take.'),
    }),
    'Warm capacity before the ramp.',
  ),
  ramp: field('ramp', rampFile, 'Weights in rising order, or `{steps, for, looks}`.', [
    5,
    25,
    { weight: 50, for: '1h', looks: 12 },
  ]),
  cutover: optional(
    z.strictObject({
      freeze: field('cutover.freeze', duration, 'Longest time writes stay frozen in one attempt.'),
      quiet: field(
        'cutover.quiet',
        duration,
        'The queue must stay empty this long; must exceed its provider’s consistency lag.',
      ),
      fence: field(
        'cutover.fence',
        duration,
        'Time after the flip in which late writes are refused and counted.',
      ),
      propagation: field(
        'cutover.propagation',
        duration,
        'Longest wait for every region to report a generation.',
      ),
      attempts: field('cutover.attempts', z.int().min(1).max(20), 'Attempts before a person is asked.'),
      backoff: field('cutover.backoff', duration, 'Wait between attempts.'),
      deadline: field('cutover.deadline', deadline, 'How long the stage may take.'),
    }),
    'The transaction: freeze, drain, flip.',
  ),
  caches: optional(
    z.strictObject({
      popular: field('caches.popular', z.int().min(0).max(100_000), 'Popular keys to prime.'),
      deadline: field('caches.deadline', deadline, 'How long the stage may take.'),
    }),
    'Invalidate the old namespace, prime the new one.',
  ),
  audit: optional(
    z.strictObject({
      for: field('audit.for', duration, 'Length of the audit.'),
      looks: field('audit.looks', looks, 'Looks within it.'),
    }),
    'The same gates against the baseline before the flip.',
  ),
  hold: optional(
    z.strictObject({
      for: field('hold.for', duration, 'Length of the hold.'),
      looks: field('hold.looks', looks, 'Looks within it.'),
      peak: field(
        'hold.peak',
        peakFile,
        'When peak is: a window, `telemetry`, or `none` (any hour counts).',
        {
          at: '18:00',
          zone: 'Europe/Paris',
        },
      ),
      onRed: field('hold.onRed', z.enum(['restart', 'rollback']), 'What a red look does.'),
      restarts: field('hold.restarts', z.int().min(0).max(100), 'Most restarts; then it rolls back.'),
    }),
    'An unbroken green peak hour.',
  ),
  decommission: optional(
    z.strictObject({
      retire: field(
        'decommission.retire',
        z.boolean(),
        'Scale `from` down; `false` only makes it read-only.',
      ),
      deadline: field('decommission.deadline', deadline, 'How long the stage may take.'),
    }),
    'The end of `from`: the point of no return.',
  ),
  approve: field('approve', z.array(approvalFile).max(10), 'Stages that wait for approval.', [
    'cutover',
    { before: 'decommission', approvers: ['ana', 'bo'], count: 2 },
  ]),
  gates: optional(gatesFile, 'Thresholds in force.'),
  customGates: field(
    'customGates',
    z.array(customGateFile).max(20),
    'Gates of your own, asked at every look.',
  ),
  allowErrors: field(
    'allowErrors',
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
    'Error classes that do not count as new.',
    ['headers:status:429'],
  ),
  onInconclusive: optional(
    z.strictObject({
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
    }),
    'What too little data leads to; it is never a pass.',
  ),
  pause: field('pause', deadline, 'How long a pause may last.'),
});

/** The user's file after its shape was checked, before defaults. */
export type PlanFile = z.infer<typeof planFile>;
