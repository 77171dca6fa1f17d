/** What a switch is started with: by our client, or by anybody with the stock CLI, so it is checked by hand before it is believed. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { Inspection } from '../activities/api.ts';
import type { Color } from '../domain/color.ts';
import type { EdgeConfigPatch } from '../domain/edge-config.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { FailureType } from '../domain/failure-type.ts';
import { STEP_PLACES, type Plan } from '../domain/plan.ts';
import type { SwitchState } from '../domain/state.ts';
import type { StoredEvents } from './event-log.ts';

export interface SwitchInput {
  readonly plan: Plan;
  readonly planDigest: string;
  readonly startedBy: string;
  /** False where the namespace lacks cutover's search attributes. */
  readonly searchAttributes: boolean;
  /** Set by a run that continues as new. */
  readonly carried?: Carried;
}

/** What a run hands to the run that continues it. */
export interface Carried {
  readonly events: StoredEvents;
  /** The newest events, which are not stored yet. */
  readonly rest: readonly SwitchEvent[];
  /** Events that could neither be stored nor carried. */
  readonly lost: number;
  readonly state: SwitchState;
  readonly expected: Readonly<Record<Color, AnswerIdentity>> | null;
  readonly deadLetters: Inspection['deadLetters'];
  readonly desired: EdgeConfigPatch;
  readonly notified: number;
  readonly noise: number;
}

export function continuedSaid({ lost }: Carried): string {
  const missing =
    lost === 0 ? '' : `; ${lost} of its events are missing from the report: their store was away`;
  return `continued as new: the run before this one had grown long${missing}`;
}

type Kind = 'text' | 'number' | 'list' | 'object' | 'boolean';

/** Every field of a plan that the workflow itself reads; activities check their own. */
const FIELDS: readonly (readonly [path: string, kind: Kind])[] = [
  ['planDigest', 'text'],
  ['plan', 'object'],
  ['plan.service', 'text'],
  ['plan.from', 'text'],
  ['plan.to', 'text'],
  ['plan.entry', 'list'],
  ['plan.topology', 'text'],
  ['plan.providers', 'object'],
  ['plan.providers.notify', 'list'],
  ['plan.providers.edge', 'object'],
  ['plan.probes', 'object'],
  ['plan.preflight', 'object'],
  ['plan.shadow.replay', 'number'],
  ['plan.canary.forMs', 'number'],
  ['plan.canary.looks', 'number'],
  ['plan.canary.weightPercent', 'number'],
  ['plan.canary.cohorts', 'list'],
  ['plan.warmup.pings', 'number'],
  ['plan.warmup.rounds', 'number'],
  ['plan.ramp', 'list'],
  ['plan.cutover.freezeMs', 'number'],
  ['plan.cutover.quietMs', 'number'],
  ['plan.cutover.fenceMs', 'number'],
  ['plan.cutover.propagationMs', 'number'],
  ['plan.cutover.attempts', 'number'],
  ['plan.cutover.backoffMs', 'number'],
  ['plan.caches.popular', 'number'],
  ['plan.audit.forMs', 'number'],
  ['plan.audit.looks', 'number'],
  ['plan.hold.forMs', 'number'],
  ['plan.hold.looks', 'number'],
  ['plan.hold.restarts', 'number'],
  ['plan.decommission.retire', 'boolean'],
  ['plan.approvals', 'list'],
  ['plan.gates.off', 'list'],
  ['plan.gates.advisory', 'list'],
  ['plan.customGates', 'list'],
  ['plan.allowErrors', 'list'],
  ['plan.onInconclusive.extensions', 'number'],
  ['plan.onInconclusive.extensionMs', 'number'],
];

const DEADLINES: readonly string[] = [
  'plan.shadow.deadline',
  'plan.warmup.deadline',
  'plan.cutover.deadline',
  'plan.caches.deadline',
  'plan.decommission.deadline',
  'plan.onInconclusive.deadline',
  'plan.pause',
];

/** @throws ApplicationFailure `BadInput`: the workflow fails with one sentence, instead of a task that fails for ever. */
export function checkInput(input: unknown): SwitchInput {
  const problem = problemOf(input);
  if (problem !== null) {
    throw ApplicationFailure.nonRetryable(
      `this is no plan that a switch can run: ${problem}; start it with \`cutover start\``,
      'BadInput' satisfies FailureType,
    );
  }
  const startedBy = at(input, 'startedBy');
  return {
    ...(input as SwitchInput),
    startedBy: typeof startedBy === 'string' ? startedBy.slice(0, 200) : 'unknown',
    searchAttributes: at(input, 'searchAttributes') === true,
  };
}

function problemOf(input: unknown): string | null {
  for (const [path, kind] of FIELDS) {
    if (!fits(at(input, path), kind)) return `${path} must be a ${kind}`;
  }
  for (const path of DEADLINES) {
    const problem = deadlineProblem(at(input, path));
    if (problem !== null) return `${path} ${problem}`;
  }
  const { from, to, colors, ramp, approvals, steps = [] } = (input as SwitchInput).plan;
  if (![from, to].every((one) => ['blue', 'green'].includes(one)) || from === to) {
    return 'plan.from and plan.to must be blue and green';
  }
  for (const color of ['blue', 'green']) {
    if (!fits(at(colors, `${color}.url`), 'text') || !fits(at(colors, `${color}.release`), 'text')) {
      return `plan.colors.${color} needs url and release`;
    }
  }
  const isStep = (one: unknown): boolean =>
    (['forMs', 'looks', 'weightPercent'] as const).every((field) => fits(at(one, field), 'number')) &&
    fits(at(one, 'cohorts'), 'list');
  if (!ramp.every(isStep)) return 'each step of plan.ramp needs weightPercent, forMs, looks and cohorts';
  if (!fits(steps, 'list') || !steps.every(isOwnStep)) {
    return `each of plan.steps needs name, at (${STEP_PLACES.join(', ')}), do, undo, undoUntil and withinMs`;
  }
  const isApproval = (one: unknown): boolean =>
    fits(at(one, 'before'), 'text') &&
    fits(at(one, 'approvers'), 'list') &&
    fits(at(one, 'count'), 'number') &&
    deadlineProblem(at(one, 'deadline')) === null;
  return approvals.every(isApproval)
    ? null
    : 'each of plan.approvals needs before, approvers, count and deadline';
}

function isOwnStep(one: unknown): boolean {
  const undo = at(one, 'undo');
  return (
    fits(at(one, 'name'), 'text') &&
    STEP_PLACES.some((place) => place === at(one, 'at')) &&
    fits(at(one, 'do.use'), 'text') &&
    (undo === null || fits(at(undo, 'use'), 'text')) &&
    ['end', 'flip'].some((until) => until === at(one, 'undoUntil')) &&
    // The server refuses an activity without a time, and the workflow's task fails for ever.
    Number(at(one, 'withinMs')) >= 1 &&
    fits(at(one, 'withinMs'), 'number')
  );
}

function deadlineProblem(value: unknown): string | null {
  const then = at(value, 'then');
  const isKnown = typeof then === 'string' && ['rollback', 'pause', 'proceed'].includes(then);
  return fits(at(value, 'afterMs'), 'number') && isKnown ? null : 'needs afterMs and then';
}

function at(input: unknown, path: string): unknown {
  let value = input;
  for (const key of path.split('.')) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function fits(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
  }
}
