/**
 * The rules of `lint.ts` about weights and times: ramp, holds, the cutover transaction, peak.
 *
 * Invariant: as in `lint.ts`.
 */
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../domain/duration.ts';
import { isTimeZone } from '../domain/peak.ts';
import type { Plan } from '../domain/plan.ts';
import type { Path } from './errors.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';
import type { PlanFile } from './schema.ts';

/** Keys of the file that hold a duration. */
export const DURATION_KEYS = new Set([
  'for',
  'after',
  'deadline',
  'pause',
  'freeze',
  'quiet',
  'fence',
  'propagation',
  'backoff',
  'timeout',
  'queueAge',
  'extension',
]);
const MAY_BE_ZERO = new Set(['quiet', 'backoff', 'fence']);

// Options of providers and bodies of requests are not ours to read.
const OPAQUE = new Set([
  'body',
  'schema',
  'customGates',
  'edge',
  'color',
  'queue',
  'cache',
  'telemetry',
  'notify',
  'evidence',
  'embedder',
  'headers',
  'accept',
  'provider',
]);

export function lintDurations(value: unknown, path: Path, report: Report): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, item] of Object.entries(value)) {
    if (OPAQUE.has(key)) continue;
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    if (typeof item !== 'string') lintDurations(item, here, report);
    else if (DURATION_KEYS.has(key)) {
      const ms = parseDuration(item);
      if (ms === null)
        report.error(here, `must be at most ${formatDuration(MAX_DURATION_MS)}`, 'write a shorter time');
      else if (ms === 0 && !MAY_BE_ZERO.has(key))
        report.error(here, 'must be longer than zero', 'write a time such as 15m');
    }
  }
}

export function lintRamp(file: PlanFile, plan: Plan, report: Report): void {
  const base = file.ramp !== undefined && 'length' in file.ramp ? ['ramp'] : ['ramp', 'steps'];
  const given = file.ramp === undefined ? undefined : 'length' in file.ramp ? file.ramp : file.ramp.steps;
  let floor = plan.canary.weightPercent;
  let before = `canary (${floor})`;
  plan.ramp.forEach((step, index) => {
    const path =
      given === undefined
        ? ['canary', 'weight']
        : typeof given[index] === 'number'
          ? [...base, index]
          : [...base, index, 'weight'];
    if (step.weightPercent <= floor) {
      report.error(path, `must be greater than the ${before}`, 'write a larger weight or remove the step');
    }
    floor = step.weightPercent;
    before = `step before (${floor})`;
  });
  const weights = [plan.canary.weightPercent, ...plan.ramp.map((step) => step.weightPercent)];
  weights.forEach((weight, index) => {
    if (Math.abs(weight * 1000 - Math.round(weight * 1000)) < 1e-6) return;
    report.error(
      index === 0 ? ['canary', 'weight'] : [...base, index - 1],
      'has more than three decimals',
      'buckets are 0.001 % wide; round it',
    );
  });
  if (plan.ramp.length === 0)
    report.warn(
      ['ramp'],
      'has no steps',
      'the flip goes from the canary to 100 %; add steps such as [5, 25]',
    );
  if (plan.topology === 'header') {
    if (plan.canary.cohorts.length === 0) {
      report.error(
        ['canary', 'cohorts'],
        'is required with topology `header`',
        'name the first cohort, e.g. `cohorts: [staff]`',
      );
    }
  } else if (plan.ramp.some((step) => step.cohorts.length > 0)) {
    report.error(
      ['topology'],
      'must be `header` for cohorts to have an effect',
      'write `topology: header` or remove the cohorts',
    );
  }
  const regions = new Set(plan.entry.map((one) => one.region));
  plan.ramp.forEach((step, index) => {
    step.regions.forEach((region, at) => {
      if (regions.has(region)) return;
      report.error(
        [...base, index, 'regions', at],
        `is no region of \`entry\` (${[...regions].join(', ')})`,
        'write one of them',
      );
    });
  });
}

export function lintHolds(plan: Plan, report: Report): void {
  const holds: [Path, { forMs: number; looks: number }][] = [
    [['canary'], plan.canary],
    [['audit'], plan.audit],
    [['hold'], plan.hold],
    ...plan.ramp.map((step, index): [Path, { forMs: number; looks: number }] => [['ramp', index], step]),
  ];
  for (const [path, { forMs, looks }] of holds) {
    if (forMs / looks >= 1000) continue;
    report.error(
      [...path, 'looks'],
      `leaves less than a second for each of ${looks} looks in ${formatDuration(forMs)}`,
      'fewer looks or a longer time',
    );
  }
}

export function lintCutover({ cutover, providers }: Plan, report: Report): void {
  if (cutover.quietMs >= cutover.freezeMs) {
    report.error(
      ['cutover', 'freeze'],
      `must be longer than quiet (${formatDuration(cutover.quietMs)})`,
      'an empty queue must be seen that long within one freeze',
    );
  }
  if (cutover.freezeMs >= cutover.deadline.afterMs) {
    report.error(
      ['cutover', 'freeze'],
      `must be shorter than the deadline (${formatDuration(cutover.deadline.afterMs)})`,
      'shorten it',
    );
  }
  if (providers.queue?.use === 'sqs' && cutover.quietMs <= 60_000) {
    report.warn(
      ['cutover', 'quiet'],
      'SQS counts lag up to 60s; preflight refuses a shorter quiet time on AWS',
      'write 75s',
    );
  }
  if (cutover.deadline.then === 'proceed') {
    report.error(
      ['cutover', 'deadline', 'then'],
      'cannot be `proceed`: a drain that is not proved is no drain',
      'write rollback or pause',
    );
  }
}

export function lintPeak(file: PlanFile, plan: Plan, report: Report): void {
  const { peak } = plan.hold;
  if (peak === null)
    report.warn(
      ['hold', 'peak'],
      'is none: the switch may finish without having seen peak',
      'declare a window',
    );
  else if (peak === 'telemetry') {
    if (file.hold?.peak === undefined) {
      report.warn(
        ['hold', 'peak'],
        'is not given; the busiest hour of the last 7 days is used',
        'declare `{at, zone}` to know when it will be',
      );
    }
  } else if (!isTimeZone(peak.zone)) {
    const close = nearest(peak.zone, Intl.supportedValuesOf('timeZone'));
    report.error(
      ['hold', 'peak', 'zone'],
      'must be an IANA time zone',
      close === null ? 'write one such as Europe/Paris' : `did you mean ${close}?`,
    );
  }
}
