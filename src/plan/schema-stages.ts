/**
 * The blocks of `cutover.yaml` that belong to one stage each.
 *
 * Invariant: like the rest of the schema, shape only.
 */
import { z } from 'zod';
import { FINDING_CODES } from '../domain/finding.ts';
import { name, optional, required, text } from '../ports/option.ts';
import { absent, block, cohorts, deadline, duration, field, looks, weight } from './fields.ts';
import { provider } from './providers.ts';

const written = z.strictObject({
  weight: required(weight, 'Percent of sticky users on `to`.', 25),
  for: optional(duration, 'Length of this step; left out: that of the ramp.', '15m'),
  looks: optional(looks, 'Looks in this step; left out: those of the ramp.'),
  cohorts: optional(cohorts, 'Cohorts on `to` from this step on (topology `header`).'),
  regions: optional(z.array(name).max(100), 'Regions that the gates look at in this step; left out: all.'),
});

const stepFile = z
  .union([weight, written])
  .transform((step): z.output<typeof written> => (typeof step === 'number' ? { weight: step } : step));

const steps = field(
  z.array(stepFile).max(50),
  [5, 10, 25, 50],
  'the playbook’s steps: each about doubles what a fault can reach',
  'Weights in rising order.',
);

const rampBlock = z.strictObject({
  steps,
  for: field(duration, '15m', 'three five-minute looks', 'Length of each step that does not say its own.'),
  looks: field(
    looks,
    3,
    'two consecutive breaches can show before the last look',
    'Looks in each step that does not say its own.',
  ),
});

const rampFile = z
  .union([z.array(stepFile).max(50), rampBlock])
  .transform((ramp) => ('steps' in ramp ? ramp : { ...rampBlock.parse({}), steps: ramp }));

const EVERY_DAY: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

const peakFile = z
  .union([
    z.enum(['telemetry', 'none']),
    z.strictObject({
      at: required(
        z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be HH:MM'),
        'Local start.',
        '18:00',
      ),
      zone: required(text, 'IANA time zone.', 'Europe/Paris'),
      days: absent(
        z.array(z.int().min(1).max(7)).min(1).max(7),
        EVERY_DAY,
        'Days, 1 = Monday to 7 = Sunday; left out: all.',
      ),
    }),
  ])
  .transform((peak) => (peak === 'none' ? null : peak));

/** Fields of the root, in playbook order. */
export const stageFields = {
  preflight: optional(
    z.strictObject({
      accept: optional(
        z.partialRecord(z.enum(FINDING_CODES), text),
        'Finding codes that you accept, each with the reason.',
        {
          'from-capacity': 'blue scales from zero',
        },
      ),
    }),
    'Checks before anything changes.',
  ),
  shadow: block(
    {
      replay: field(
        z.int().min(0).max(100_000),
        200,
        'enough to show an error class of 1.5 % with 95 % certainty',
        'Sampled user requests replayed to `to` with writes fenced.',
      ),
      deadline: deadline(
        { after: '2h', then: 'rollback' },
        'no user has seen `to`; start again when it is fixed',
        'How long a question of this stage waits for an answer.',
      ),
    },
    'Probes and replay before any user.',
  ),
  canary: block(
    {
      weight: field(weight, 1, 'the playbook’s first exposure', 'Percent of sticky users on `to`.'),
      for: field(duration, '15m', 'three five-minute looks', 'Length of the hold.'),
      looks: field(looks, 3, 'two consecutive breaches can show before the last look', 'Looks within it.'),
      cohorts: absent(cohorts, [], 'Cohorts on `to` (topology `header`).', ['staff']),
    },
    'The first users.',
  ),
  warmup: block(
    {
      provider: field(
        provider('warmup'),
        'pings',
        'tagged requests warm any platform',
        'Who warms; `none` to skip.',
      ),
      pings: field(
        z.int().min(1).max(10_000),
        20,
        'opens enough instances for the first ramp step',
        'Pings in a round.',
      ),
      rounds: field(
        z.int().min(1).max(1000),
        5,
        'a second round shows whether the first one stayed warm',
        'Most rounds until the cold-start panel is flat.',
      ),
      deadline: deadline(
        { after: '30m', then: 'pause' },
        'cold but correct needs a person, not a rollback',
        'How long a question of this stage waits for an answer.',
      ),
    },
    'Warm capacity before the ramp.',
  ),
  ramp: field(
    rampFile,
    [5, 10, 25, 50],
    'the playbook’s steps: each about doubles what a fault can reach',
    'Weights in rising order, or `{steps, for, looks}`.',
    [5, 25, { weight: 50, for: '1h', looks: 12 }],
  ),
  cutover: block(
    {
      freeze: field(
        duration,
        '30s',
        'shorter than most client retry budgets; raised to twice `quiet` where the queue needs it',
        'Longest time writes stay frozen in one attempt.',
      ),
      quiet: field(
        duration,
        '5s',
        'exact counts need little; a queue whose counts lag brings its own: `sqs` 75s',
        'The queue must stay empty this long; must exceed its provider’s consistency lag.',
      ),
      fence: field(
        duration,
        '5m',
        'longer than a client’s retries and a stale edge location',
        'Time after the flip in which late writes are refused and counted.',
      ),
      propagation: field(
        duration,
        '2m',
        'twice what the slowest supported edge documents',
        'Longest wait for every region to report a generation.',
      ),
      attempts: field(
        z.int().min(1).max(20),
        3,
        'a drain that fails three times needs a person',
        'Attempts before a person is asked.',
      ),
      backoff: field(duration, '5m', 'lets a burst of jobs pass', 'Wait between attempts.'),
      deadline: deadline(
        { after: '4h', then: 'rollback' },
        'half-way at 50 % is no place to stay overnight',
        'How long a question of this stage waits for an answer.',
      ),
    },
    'The transaction: freeze, drain, flip.',
  ),
  caches: block(
    {
      popular: field(
        z.int().min(0).max(100_000),
        200,
        'the head of a usual key distribution',
        'Popular keys to prime.',
      ),
      deadline: deadline(
        { after: '30m', then: 'pause' },
        'a cold cache is slow, not wrong',
        'How long a question of this stage waits for an answer.',
      ),
    },
    'Invalidate the old namespace, prime the new one.',
  ),
  audit: block(
    {
      for: field(
        duration,
        '10m',
        'long enough for a full probe grid',
        'Length of the audit, and of the hold after the caches.',
      ),
      looks: field(looks, 2, 'one confirmation of the first look', 'Looks within it.'),
    },
    'The same gates against the baseline before the flip.',
  ),
  hold: block(
    {
      for: field(duration, '1h', 'the playbook’s peak hour', 'Length of the hold.'),
      looks: field(looks, 12, 'every five minutes', 'Looks within it.'),
      peak: field(
        peakFile,
        'telemetry',
        'the next hour that was busy in the last 14 days; declare a window to know when it will be',
        'When peak is: a window, `telemetry`, or `none` (any hour counts).',
        {
          at: '18:00',
          zone: 'Europe/Paris',
        },
      ),
      onRed: field(
        z.enum(['restart', 'rollback']),
        'restart',
        'one red look at peak is more often chance than a fault; gates that FAIL roll back in any case',
        'What a red look does.',
      ),
      restarts: field(
        z.int().min(0).max(100),
        3,
        'a fourth peak that is not green is an answer',
        'Most restarts; then it rolls back.',
      ),
      onRelease: field(
        z.enum(['ask', 'restart']),
        'ask',
        'a release that nobody judged in the ramp is for a person to decide',
        'What another release or index of `to` does in any hold: ask a person, or begin its evidence anew.',
      ),
      noPeak: field(
        z.enum(['ask', 'any-hour']),
        'ask',
        'an hour that nobody can tell is no peak',
        'With `peak: telemetry` and no telemetry to tell a peak by: ask a person, or hold at any hour and say so.',
      ),
    },
    'An unbroken green peak hour.',
  ),
  decommission: block(
    {
      retire: field(
        z.boolean(),
        true,
        'two stacks cost twice',
        'Scale `from` down; `false` only makes it read-only.',
      ),
      keep: field(
        duration,
        '0s',
        'the hold has proved `to` already',
        'Time between the approval and the end of `from`: gates go on judging, and a rollback is still possible.',
      ),
      deadline: deadline(
        { after: '1h', then: 'pause' },
        'past the point of no return there is only forward',
        'How long a question of this stage waits for an answer.',
      ),
    },
    'The end of `from`: the point of no return.',
  ),
};
