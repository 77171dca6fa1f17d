/** Steps of the user's own, and the fence of tables around those in the freeze, in the dry plan: what each does, how long it may take, and what a rollback does about it. */
import { formatDuration } from '../domain/duration.ts';
import { stepsAt } from '../domain/own-step.ts';
import type { OwnStep, Plan, ProviderRef, StepPlace } from '../domain/plan.ts';
import { showUrl } from '../providers/fetch.ts';

export interface StepAhead {
  readonly kind: 'write';
  readonly what: string;
  readonly undo: string | null;
}

export function stepsAhead(plan: Plan, at: StepPlace): readonly StepAhead[] {
  return stepsAt(plan, at).map((step) => ({
    kind: 'write',
    what: `step ${step.name}: ${actionText(step.do)}, at most ${formatDuration(step.withinMs)}`,
    undo: undoText(step),
  }));
}

/** What stands around the steps in the freeze. */
export function fenceAhead({ providers: { fence } }: Plan): readonly StepAhead[] {
  if (fence === undefined) return [];
  const tables = Array.isArray(fence['tables']) ? fence['tables'].join(', ') : 'the tables of the fence';
  return [
    {
      kind: 'write',
      what: `${fence.use} refuses writes to ${tables}, once nothing older writes; they are taken again before the flip`,
      undo: `${tables} take writes again`,
    },
  ];
}

/** What a rollback does about them, in its order. */
export function stepsBack({ steps = [] }: Plan): string[] {
  const undone = steps.filter(({ undo }) => undo !== null).map(({ name }) => name);
  const kept = steps.filter(({ undo, undoUntil }) => undo === null || undoUntil === 'flip');
  const from = ({ undo }: OwnStep): string => (undo === null ? 'always' : 'once the flip has begun');
  return [
    ...(undone.length === 0
      ? []
      : [`steps that were tried are undone, the newest first: ${undone.toReversed().join(', ')}`]),
    ...kept.map((step) => `step ${step.name} is kept ${from(step)}: ${step.reason ?? ''}`),
  ];
}

function undoText({ undo, undoUntil, reason }: OwnStep): string {
  if (undo === null) return `none, it is kept: ${reason ?? ''}`;
  const text = actionText(undo);
  return undoUntil === 'end' ? text : `${text}; kept once the flip has begun: ${reason ?? ''}`;
}

/** An address without its query, which may hold a key. */
function actionText({ use, method, url, ...options }: ProviderRef): string {
  if (use === 'http' && typeof url === 'string')
    return `${typeof method === 'string' ? method : 'POST'} ${showUrl(url)}`;
  const given = Object.entries(options).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return [use, ...given].join(' ');
}
