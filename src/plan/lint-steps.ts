/**
 * The rules of `lint.ts` about steps of the user's own.
 *
 * Invariant: as in `lint.ts`.
 */
import { formatDuration } from '../domain/duration.ts';
import { frozenStepsMs, stepsAt } from '../domain/own-step.ts';
import { isReadingOnly, type Plan } from '../domain/plan.ts';
import type { Report } from './report.ts';
import type { PlanFile } from './schema.ts';

/** A worker needs a moment to get at a step at all, ms. */
const SHORTEST_MS = 1000;

export function lintSteps({ steps = [] }: PlanFile, plan: Plan, report: Report): void {
  const names = new Set<string>();
  steps.forEach(({ name, at, undo, undoUntil, reason }, index) => {
    const path = ['steps', index];
    if (names.has(name)) report.error([...path, 'name'], `is the name of two steps (${name})`, 'rename one');
    names.add(name);
    const isKept = undo === 'keep' || undoUntil === 'flip';
    if (isKept && reason === undefined) {
      report.error(
        [...path, 'reason'],
        'is required where a step is kept',
        'say why, for whoever rolls back',
      );
    }
    if (!isKept && reason !== undefined) {
      report.error([...path, 'reason'], 'has no effect: the step is always undone', 'remove it');
    }
    if (undo === 'keep' && undoUntil !== undefined) {
      report.error([...path, 'undoUntil'], 'has no effect with `undo: keep`', 'remove one of the two');
    } else if (undoUntil === 'flip' && (at === 'after-flip' || at === 'before-decommission')) {
      report.error(
        [...path, 'undoUntil'],
        `has no effect: ${at} comes after the flip`,
        'write `undo: keep` if it is never to be undone',
      );
    }
    const own = plan.steps?.find((one) => one.name === name);
    if (own !== undefined && own.withinMs > 0 && own.withinMs < SHORTEST_MS) {
      report.error([...path, 'within'], 'must be at least 1s', 'write a longer time');
    }
    if (at === 'frozen' && isReadingOnly(plan)) {
      report.error(
        [...path, 'at'],
        'cannot be `frozen`: with `writes: none` nothing is frozen',
        'write before-canary or after-flip',
      );
    }
  });
  lintFreeze(plan, report);
}

/** The quiet time of the queue and the steps must fit into one freeze. */
function lintFreeze(plan: Plan, report: Report): void {
  const { quietMs, freezeMs } = plan.cutover;
  const stepsMs = frozenStepsMs(plan);
  if (stepsMs === 0 || !(freezeMs > quietMs) || freezeMs > quietMs + stepsMs) return;
  const names = stepsAt(plan, 'frozen').map(({ name }) => name);
  report.error(
    ['cutover', 'freeze'],
    `must be longer than quiet (${formatDuration(quietMs)}) and the steps in it (${names.join(', ')}: ${formatDuration(stepsMs)})`,
    `leave it out, write more than ${formatDuration(quietMs + stepsMs)}, or give the steps less time`,
  );
}
