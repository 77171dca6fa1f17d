/**
 * The rules of `lint.ts` about people, providers and probes; in a file of their own because each needs words of its own.
 *
 * Invariant: as in `lint.ts`.
 */
import { normalName } from '../domain/approval.ts';
import type { Plan } from '../domain/plan.ts';
import type { Path } from './errors.ts';
import { lintResponse } from './lint-response.ts';
import { nearest } from './nearest.ts';
import type { Report } from './report.ts';
import type { PlanFile } from './schema.ts';

/** Built-in names by port, only to catch misspellings: any other name is a module of the user's own. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  edge: ['cloudflare', 'simulated'],
  color: ['http', 'simulated'],
  queue: ['sqs', 'simulated', 'none'],
  cache: ['router', 'simulated', 'none'],
  telemetry: ['duckdb', 'simulated'],
  evidence: ['folder', 's3'],
};

/** What lint may ask of the world; replaced in tests. */
export interface LintWorld {
  isFolder(path: string): boolean;
}

export function lintApprovals(plan: Plan, report: Report): void {
  plan.approvals.forEach((approval, index) => {
    const path: Path = ['approve', index];
    const people = new Set(approval.approvers.map(normalName));
    if (people.size !== approval.approvers.length) {
      report.error([...path, 'approvers'], 'names a person twice', 'each approver counts once');
    }
    if (people.size > 0 && people.size < approval.count) {
      report.error(
        [...path, 'count'],
        `must be at most the number of approvers (${people.size})`,
        'name more people or ask for fewer',
      );
    }
    if (plan.approvals.findIndex((other) => other.before === approval.before) < index) {
      report.error(path, `asks twice before ${approval.before}`, 'use one entry with a larger count');
    }
    if (approval.before === 'decommission' && approval.deadline.then === 'proceed') {
      report.warn(
        [...path, 'deadline', 'then'],
        `retires ${plan.from} when nobody answers`,
        'write pause to keep the way back',
      );
    }
  });
  if (!plan.approvals.some((approval) => approval.before === 'decommission')) {
    report.warn(['approve'], `nobody is asked before ${plan.from} is retired`, 'add decommission');
  }
  if (plan.decommission.deadline.then === 'rollback') {
    report.error(
      ['decommission', 'deadline', 'then'],
      'cannot be `rollback`: it is past the point of no return',
      'write pause or proceed',
    );
  }
  if (plan.pause.then === 'pause') {
    report.error(
      ['pause', 'then'],
      'cannot be `pause`: the wait would never end',
      'write rollback or proceed',
    );
  }
}

export function lintProviders(file: PlanFile, plan: Plan, report: Report): void {
  const refs: [Path, string][] = (
    ['edge', 'color', 'queue', 'cache', 'telemetry', 'evidence'] as const
  ).flatMap((port) => {
    const given = file[port];
    if (given === undefined) return [];
    return typeof given === 'string'
      ? [[[port], given] as [Path, string]]
      : [[[port, 'use'], given.use] as [Path, string]];
  });
  for (const [path, use] of refs) {
    const known = BUILT_IN[String(path[0])] ?? [];
    if (use.trim() === '') report.error(path, 'must name a provider', `built in: ${known.join(', ')}`);
    if (use === 'none' && (path.length > 1 || !known.includes('none'))) {
      report.error(
        path,
        'cannot be `none`',
        path.length > 1 && known.includes('none')
          ? `write \`${String(path[0])}: none\``
          : `built in: ${known.join(', ')}`,
      );
      continue;
    }
    if (known.includes(use) || /[./@:]/.test(use)) continue;
    const close = nearest(use, known);
    if (close !== null)
      report.warn(path, `is no built-in provider, so a module ${use} is loaded`, `did you mean ${close}?`);
  }
  const { queue } = plan.providers;
  const [blue, green] = [queue?.['blue'], queue?.['green']];
  if (typeof blue === 'string' && blue === green) {
    report.error(['queue', 'green'], 'must differ from queue.blue', 'give each color a queue of its own');
  }
}

export function lintProbes(plan: Plan, report: Report, world: LintWorld): void {
  const { probes } = plan;
  if (!world.isFolder(probes.set)) {
    report.error(
      ['probes', 'set'],
      `is no folder (${probes.set})`,
      'make one with `cutover probes`, or write its path relative to the plan',
    );
  }
  if (probes.request.method === 'GET' && probes.request.body !== null) {
    report.error(
      ['probes', 'request', 'body'],
      'cannot be sent with GET',
      'write method: POST or remove the body',
    );
  }
  const sent = JSON.stringify([probes.request.path, probes.request.body]);
  if (!sent.includes('{{question}}')) {
    report.error(
      ['probes', 'request', 'body'],
      'must hold {{question}} somewhere',
      'every probe would ask the same',
    );
  } else if (!sent.includes('{{seed}}')) {
    report.warn(
      ['probes', 'request', 'body'],
      'holds no {{seed}}',
      'both seeds of a paraphrase will be the same request',
    );
  }
  lintResponse(probes.response, report);
}
