/**
 * The blocks of `cutover.yaml` that belong to one stage each.
 *
 * Invariant: like the rest of the schema, shape only.
 */
import { z } from 'zod';
import { FINDING_CODES } from '../domain/finding.ts';
import { duration, name, optional, required, text } from '../ports/option.ts';
import { cohorts, deadline, field, looks, weight } from './fields.ts';
import { provider } from './providers.ts';

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
  shadow: optional(
    z.strictObject({
      replay: field(
        'shadow.replay',
        z.int().min(0).max(100_000),
        'Sampled user requests replayed to `to` with writes fenced.',
      ),
      deadline: field('shadow.deadline', deadline, 'How long a question of this stage waits for an answer.'),
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
      provider: field('warmupProvider', provider('warmup'), 'Who warms; `none` to skip.'),
      pings: field('warmup.pings', z.int().min(1).max(10_000), 'Pings in a round.'),
      rounds: field(
        'warmup.rounds',
        z.int().min(1).max(1000),
        'Most rounds until the cold-start panel is flat.',
      ),
      deadline: field('warmup.deadline', deadline, 'How long a question of this stage waits for an answer.'),
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
      deadline: field('cutover.deadline', deadline, 'How long a question of this stage waits for an answer.'),
    }),
    'The transaction: freeze, drain, flip.',
  ),
  caches: optional(
    z.strictObject({
      popular: field('caches.popular', z.int().min(0).max(100_000), 'Popular keys to prime.'),
      deadline: field('caches.deadline', deadline, 'How long a question of this stage waits for an answer.'),
    }),
    'Invalidate the old namespace, prime the new one.',
  ),
  audit: optional(
    z.strictObject({
      for: field('audit.for', duration, 'Length of the audit, and of the hold after the caches.'),
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
      onRelease: field(
        'hold.onRelease',
        z.enum(['ask', 'restart']),
        'What another release or index of `to` does in any hold: ask a person, or begin its evidence anew.',
      ),
      noPeak: field(
        'hold.noPeak',
        z.enum(['ask', 'any-hour']),
        'With `peak: telemetry` and no telemetry to tell a peak by: ask a person, or hold at any hour and say so.',
      ),
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
      deadline: field(
        'decommission.deadline',
        deadline,
        'How long a question of this stage waits for an answer.',
      ),
    }),
    'The end of `from`: the point of no return.',
  ),
};
