/**
 * The rules of `lint.ts` about weights and times: ramp, holds, the cutover transaction, peak.
 *
 * Invariant: as in `lint.ts`.
 */
import { formatDuration, MAX_DURATION_MS, parseDuration } from '../domain/duration.ts';
import { isTimeZone } from '../domain/peak.ts';
import type { Plan } from '../domain/plan.ts';
import { portManifest } from '../ports/manifest.ts';
import { isDuration } from './duration-keys.ts';
import type { Path } from './errors.ts';
import { manifestIn, type OwnManifests } from './named-providers.ts';
import { nearest } from './nearest.ts';
import { edgeFiles, type ProviderFile } from './providers.ts';
import type { Report } from './report.ts';
import type { PlanFile } from './schema.ts';

const MAY_BE_ZERO = new Set(['quiet', 'backoff', 'fence', 'keep']);

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
    else if (isDuration(here)) {
      const ms = parseDuration(item);
      if (ms === null)
        report.error(here, `must be at most ${formatDuration(MAX_DURATION_MS)}`, 'write a shorter time');
      else if (ms === 0 && !MAY_BE_ZERO.has(key))
        report.error(here, 'must be longer than zero', 'write a time such as 15m');
    }
  }
}

export function lintRamp(file: PlanFile, plan: Plan, report: Report): void {
  let floor = plan.canary.weightPercent;
  lintGrain(floor, ['canary', 'weight'], report);
  plan.ramp.forEach(({ weightPercent }, index) => {
    if (weightPercent > floor) {
      // Rising: nothing to say.
    } else if (file.ramp === undefined) {
      const first = `must be less than the first ramp step (${weightPercent})`;
      report.error(['canary', 'weight'], first, 'write a smaller weight, or a `ramp` that begins above it');
    } else {
      const before = index === 0 ? 'canary' : 'step before';
      const what = `must be greater than the ${before} (${floor})`;
      report.error(weightPath(file, index), what, 'write a larger weight or remove the step');
    }
    lintGrain(weightPercent, weightPath(file, index), report);
    floor = weightPercent;
  });
  if (plan.ramp.length === 0) {
    const fix = 'the flip goes from the canary to 100 %; add steps such as [5, 25]';
    report.warn(['ramp'], 'has no steps', fix);
  }
  lintCohorts(file, plan, report);
  const regions = plan.entry.map((one) => one.region);
  plan.ramp.forEach((step, index) => {
    step.regions.forEach((region, at) => {
      if (regions.includes(region)) return;
      const what = `is no region of \`entry\` (${regions.join(', ')})`;
      report.error([...stepPath(file, index), 'regions', at], what, 'write one of them');
    });
  });
}

function lintGrain(weight: number, path: Path, report: Report): void {
  if (Math.abs(weight * 1000 - Math.round(weight * 1000)) < 1e-6) return;
  report.error(path, 'has more than three decimals', 'buckets are 0.001 % wide; round it');
}

function lintCohorts(file: PlanFile, plan: Plan, report: Report): void {
  if (plan.topology === 'header') {
    if (plan.canary.cohorts.length > 0) return lintJoining(file, plan, report);
    report.error(
      ['topology'],
      'needs `canary.cohorts`',
      'name the first cohort: `canary: {cohorts: [staff]}`',
    );
    return;
  }
  const what = 'has no effect with topology `weight`';
  const fix = 'write `topology: header` or remove the cohorts';
  if (plan.canary.cohorts.length > 0) report.error(['canary', 'cohorts'], what, fix);
  stepsOf(file).forEach((step, index) => {
    if (typeof step === 'number' || step.cohorts === undefined) return;
    report.error([...stepPath(file, index), 'cohorts'], what, fix);
  });
}

/** Cohorts move users; a weight beside them does not. */
function lintJoining(file: PlanFile, { canary, ramp }: Plan, report: Report): void {
  let before = canary.cohorts.length;
  const idle = ramp.flatMap(({ cohorts }, index) => {
    const joins = cohorts.length > before;
    before = cohorts.length;
    return joins ? [] : [index];
  });
  const fix = 'name one, `{weight: 25, cohorts: [beta]}`, or take the step out';
  if (file.ramp === undefined) report.warn(['ramp'], 'is the usual one, whose steps move no cohort', fix);
  else
    for (const index of idle)
      report.warn(stepPath(file, index), 'moves nobody: it names no cohort that joins', fix);
}

function stepsOf(file: PlanFile): Extract<NonNullable<PlanFile['ramp']>, readonly unknown[]> {
  if (file.ramp === undefined) return [];
  return 'length' in file.ramp ? file.ramp : (file.ramp.steps ?? []);
}

/** Where a ramp step stands. */
export function stepPath(file: PlanFile, index: number): Path {
  return file.ramp !== undefined && 'length' in file.ramp ? ['ramp', index] : ['ramp', 'steps', index];
}

/** Where the weight of a ramp step stands. */
export function weightPath(file: PlanFile, index: number): Path {
  const path = stepPath(file, index);
  return typeof stepsOf(file)[index] === 'number' ? path : [...path, 'weight'];
}

export function lintHolds(file: PlanFile, plan: Plan, report: Report): void {
  const holds: [Path, { forMs: number; looks: number }][] = [
    [['canary'], plan.canary],
    [['audit'], plan.audit],
    [['hold'], plan.hold],
    ...plan.ramp.map((step, index): [Path, { forMs: number; looks: number }] => [
      stepPath(file, index),
      step,
    ]),
  ];
  for (const [path, { forMs, looks }] of holds) {
    // A length that is no time at all has been reported as such.
    if (!(forMs > 0) || forMs / looks >= 1000) continue;
    report.error(
      [...path, 'looks'],
      `leaves less than a second for each of ${looks} looks in ${formatDuration(forMs)}`,
      'fewer looks or a longer time',
    );
  }
}

/** A flip needs the edge twice: for the freeze to be seen everywhere, then for itself. */
function lintPropagation(file: PlanFile, { cutover }: Plan, own: OwnManifests, report: Report): void {
  const { use, propagationMs: option } = partsOf(edgeFiles(file.edge).router);
  const manifest = manifestIn(own, use);
  const declaredMs =
    typeof option === 'number' ? option : manifest && portManifest(manifest, 'router')?.propagationMs;
  if (declaredMs === undefined) return;
  const declared = formatDuration(declaredMs);
  if (cutover.propagationMs < declaredMs) {
    report.error(
      ['cutover', 'propagation'],
      `must be at least ${declared}, the time that edge \`${use}\` may need to reach every region`,
      `write ${declared} or longer; if your edge is faster, say so with its option \`propagationMs\``,
    );
  }
  const needsMs = cutover.freezeMs + 2 * declaredMs;
  if (cutover.freezeMs < cutover.deadline.afterMs && needsMs >= cutover.deadline.afterMs) {
    report.error(
      ['cutover', 'deadline'],
      `must be longer than one attempt: ${declared} until the freeze is seen, ${formatDuration(cutover.freezeMs)} of freeze, ${declared} for the flip`,
      `write more than ${formatDuration(needsMs)}`,
    );
  }
}

/** Counts that lag could call a queue empty that is not. */
function lintQuiet(file: PlanFile, { cutover }: Plan, own: OwnManifests, report: Report): void {
  if (file.queue === undefined) return;
  const { use, consistencyLagMs: option } = partsOf(file.queue);
  const queue = manifestIn(own, use)?.ports.queue;
  const lagMs = typeof option === 'number' ? option : (queue?.countsLagMs ?? 0);
  if (lagMs === 0 || cutover.quietMs > lagMs) return;
  report.warn(
    ['cutover', 'quiet'],
    `counts of queue ${use} may lag ${formatDuration(lagMs)} behind: so short a quiet time proves nothing`,
    `write ${queue?.quiet ?? formatDuration(lagMs + 15_000)}`,
  );
}

function partsOf(file: ProviderFile): Exclude<ProviderFile, string> {
  return typeof file === 'string' ? { use: file } : file;
}

export function lintCutover(file: PlanFile, plan: Plan, own: OwnManifests, report: Report): void {
  const { cutover } = plan;
  lintPropagation(file, plan, own, report);
  lintQuiet(file, plan, own, report);
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
  if (cutover.deadline.then === 'proceed') {
    report.error(
      ['cutover', 'deadline', 'then'],
      'cannot be `proceed`: a drain that is not proved is no drain',
      'write rollback or pause',
    );
  }
}

/** Names that time zone data knows besides places, and the places that people usually mean by them. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  EST: 'America/New_York (EST itself has no daylight saving time: America/Panama)',
  EST5EDT: 'America/New_York',
  CST6CDT: 'America/Chicago',
  CST: 'America/Chicago',
  PST: 'America/Los_Angeles',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  MST: 'America/Denver (MST itself has no daylight saving time: America/Phoenix)',
  MST7MDT: 'America/Denver',
  PST8PDT: 'America/Los_Angeles',
  HST: 'Pacific/Honolulu',
  WET: 'Europe/Lisbon',
  CET: 'Europe/Paris',
  MET: 'Europe/Paris',
  EET: 'Europe/Athens',
};

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
  } else if (!peak.zone.includes('/') && !/^(UTC|GMT)$/i.test(peak.zone)) {
    const meant = ABBREVIATIONS[peak.zone.toUpperCase()];
    report.warn(
      ['hold', 'peak', 'zone'],
      `${peak.zone} names no place: it may be a fixed offset, or another place's clock than you mean`,
      `name the place: ${meant ?? 'e.g. Europe/Paris'}`,
    );
  }
}
