/**
 * What a plan must mean: every rule that looks at more than one field, or at the world outside the file.
 *
 * Invariant: an error is something the engine would have to refuse or would do wrongly; doubtful but legal is a warning.
 */
import { ERROR_KINDS, isKnownClass } from '../domain/error-kinds.ts';
import { BUILT_IN_RULE, isServerError, statusClass } from '../domain/clusters/index.ts';
import { BUILT_IN_GATES } from '../domain/gate.ts';
import type { Plan } from '../domain/plan.ts';
import { SETTINGS } from '../domain/gates/index.ts';
import { misplaced } from '../domain/settings.ts';
import { lintApprovals, lintProbes, type LintWorld } from './lint-parts.ts';
import { lintProviders } from './lint-providers.ts';
import type { OwnManifests } from './named-providers.ts';
import { lintCutover, lintDurations, lintHolds, lintPeak, lintRamp } from './lint-times.ts';
import { lintSteps } from './lint-steps.ts';
import { countsRequests } from '../providers/registry.ts';
import { nearest } from './nearest.ts';
import { Report } from './report.ts';
import type { PlanFile } from './schema.ts';

/** The default: fewer cannot prove a p95. */
const LEAST_SAMPLES = Number(SETTINGS['minSamples']?.default);

/** @param own manifests of the user's own modules */
export function lintPlan(file: PlanFile, plan: Plan, world: LintWorld, own: OwnManifests): Report {
  const report = new Report();
  lintDurations(file, [], report);
  lintColors(file, plan, report);
  lintRamp(file, plan, report);
  lintHolds(file, plan, report);
  lintCutover(file, plan, own, report);
  lintPeak(file, plan, report);
  lintSteps(file, plan, report);
  if (plan.writes === 'none' && plan.providers.queue !== null)
    report.error(
      ['writes'],
      'is none, and yet the plan names a queue',
      'whoever enqueues a job writes: remove one of the two',
    );
  lintGates(plan, report);
  lintAllowed(plan, report);
  lintServerErrors(plan, report);
  lintApprovals(plan, report);
  lintProviders(file, plan, own, report);
  lintProbes(plan, report, world);
  return report;
}

function lintColors(file: PlanFile, plan: Plan, report: Report): void {
  if (plan.to === plan.from) {
    report.error(
      ['to'],
      `must differ from \`from\` (${plan.from})`,
      'remove it; `to` is always the other color',
    );
  }
  const { blue, green } = plan.colors;
  if (blue.url === green.url)
    report.error(
      ['colors', 'green', 'url'],
      'must differ from colors.blue.url',
      'give each color its own address',
    );
  if (blue.release === green.release) {
    report.warn(
      ['colors', 'green', 'release'],
      `is the release of both colors (${blue.release})`,
      'a switch between equal releases tests only the machinery',
    );
  }
  if (plan.entry.length === 0)
    report.error(['entry'], 'must name at least one region', 'write one URL, or `<region>: <url>`');
  for (const { region, url } of plan.entry) {
    const path = typeof file.entry === 'string' ? ['entry'] : ['entry', region];
    if (!URL.canParse(url))
      report.error(path, 'must be an absolute http or https URL', 'write it as a browser would show it');
  }
  for (const color of ['blue', 'green'] as const) {
    if (!URL.canParse(plan.colors[color].url)) {
      report.error(
        ['colors', color, 'url'],
        'must be an absolute http or https URL',
        'write it as a browser would show it',
      );
    }
  }
}

/** A class may also come from logs of the user's own, so an unknown one is no error. */
function lintAllowed({ allowErrors }: Plan, report: Report): void {
  allowErrors.forEach((name, index) => {
    if (isKnownClass(name)) return;
    const status = /(?:^|:)([345]\d\d)$/.exec(name)?.[1];
    const close = status === undefined ? nearest(name, ERROR_KINDS) : `headers:http_${status[0]}xx:${status}`;
    report.warn(
      ['allowErrors', index],
      `is no class that probes or router give (${name})`,
      close === null ? 'the classes stand in docs/connect-a-service.md' : `did you mean ${close}?`,
    );
  });
}

function lintGates(plan: Plan, report: Report): void {
  const names = new Set<string>();
  plan.customGates.forEach(({ name }, index) => {
    if (names.has(name))
      report.error(['customGates', index, 'name'], `is the name of two gates (${name})`, 'rename one');
    if (BUILT_IN_GATES.some((gate) => gate === name)) {
      report.error(['customGates', index, 'name'], `is a built-in gate (${name})`, 'choose another name');
    }
    names.add(name);
  });
  const known = [...BUILT_IN_GATES, ...[...names].map((name) => `custom:${name}`)];
  for (const list of ['advisory', 'off'] as const) {
    plan.gates[list].forEach((gate, index) => {
      if (known.includes(gate)) return;
      const close = nearest(gate, known);
      report.error(
        ['gates', list, index],
        'is no gate',
        close === null ? `there are ${known.join(', ')}` : `did you mean ${close}?`,
      );
    });
  }
  for (const { path, must, because } of misplaced(plan.gates)) {
    report.error(['gates', ...path.split('.')], `must be ${must}`, because);
  }
  if (plan.gates.minSamples < LEAST_SAMPLES) {
    report.warn(
      ['gates', 'minSamples'],
      `is below ${LEAST_SAMPLES}: the latency gate cannot pass on so few`,
      'expect it to be inconclusive',
    );
  }
}

function lintServerErrors({ gates: { serverErrors }, providers }: Plan, report: Report): void {
  const { use } = providers.telemetry;
  if (countsRequests(use) && serverErrors.also.length + serverErrors.not.length > 0) {
    report.warn(
      ['gates', 'serverErrors'],
      `has no effect on telemetry ${use}, which counts errors by its own query`,
      'say it in the query',
    );
  }
  const isCounted = (one: number | string, rule = BUILT_IN_RULE): boolean =>
    isServerError(typeof one === 'number' ? statusClass(one) : one, rule);
  serverErrors.also.forEach((one, index) => {
    const path = ['gates', 'serverErrors', 'also', index];
    if (serverErrors.not.includes(one)) {
      report.error(path, `is also in \`not\` (${one})`, 'remove it from one of the two');
    } else if (isCounted(one)) {
      report.warn(path, `counts anyway (${one})`, 'remove it');
    }
  });
  serverErrors.not.forEach((one, index) => {
    // What the built-in rule leaves out may be inside a wider class of `also`.
    if (isCounted(one, { also: serverErrors.also, not: [] })) return;
    report.warn(['gates', 'serverErrors', 'not', index], `does not count anyway (${one})`, 'remove it');
  });
}
