/**
 * The rules of `lint.ts` about people and probes; in a file of their own because each needs words of its own.
 *
 * Invariant: as in `lint.ts`.
 */
import { normalName } from '../domain/approval.ts';
import type { DialogsPlan, Plan, ProbeRequest } from '../domain/plan.ts';
import { compileRemembered } from '../probes/dialogs.ts';
import type { Path } from './errors.ts';
import { compiles, lintPath, lintResponse } from './lint-response.ts';
import type { Report } from './report.ts';

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

export function lintProbes(plan: Plan, report: Report, world: LintWorld): void {
  const { probes } = plan;
  if (!world.isFolder(probes.set)) {
    report.error(
      ['probes', 'set'],
      `is no folder (${probes.set})`,
      'make one with `cutover probes`, or write its path relative to the plan',
    );
  }
  if (
    lintRequest(probes.request, ['probes', 'request'], report) &&
    !sentBy(probes.request).includes('{{seed}}')
  ) {
    report.warn(
      ['probes', 'request', 'body'],
      'holds no {{seed}}',
      'both seeds of a paraphrase will be the same request',
    );
  }
  if (probes.retrieval !== undefined) {
    lintRequest(probes.retrieval.request, ['probes', 'retrieval'], report);
    lintPath(['probes', 'retrieval', 'retrieved'], probes.retrieval.retrieved, report);
  }
  if (probes.dialogs !== undefined) lintDialogs(probes.dialogs, report);
  lintResponse(probes.response, report);
}

function lintDialogs({ first, second, id, remembered }: DialogsPlan, report: Report): void {
  const at: Path = ['probes', 'dialogs'];
  for (const [name, request] of Object.entries({ first, second })) {
    lintBody(request, [...at, name], report);
    // The service names the dialog only in its answer.
    if (name === 'first' && id !== null) continue;
    if (!JSON.stringify(request).includes('{{dialog}}')) {
      report.error(
        [...at, name, 'body'],
        'must hold {{dialog}} somewhere',
        'the turns would be no conversation',
      );
    }
  }
  if (id !== null) lintPath([...at, 'id'], id, report);
  lintPath([...at, 'remembered', 'at'], remembered.at, report);
  compiles(
    [...at, 'remembered', 'says'],
    () => compileRemembered(remembered.says),
    'correct the pattern',
    report,
  );
}

/** True when the question is in it. */
function lintRequest(request: ProbeRequest, path: Path, report: Report): boolean {
  lintBody(request, path, report);
  if (sentBy(request).includes('{{question}}')) return true;
  report.error([...path, 'body'], 'must hold {{question}} somewhere', 'every probe would ask the same');
  return false;
}

function lintBody(request: ProbeRequest, path: Path, report: Report): void {
  if (request.method === 'GET' && request.body !== null) {
    report.error([...path, 'body'], 'cannot be sent with GET', 'write method: POST or remove the body');
  }
}

function sentBy({ path, body }: ProbeRequest): string {
  return JSON.stringify([path, body]);
}
