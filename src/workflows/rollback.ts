/**
 * The way back, from anywhere: users first (one write), then jobs, caches and warmth. It never needs the thing that failed,
 * never stops half-way, and says so loudly when a step keeps failing.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { EdgeState } from '../activities/edge-api.ts';
import { remedyFor } from '../domain/cookbook.ts';
import { isWrittenBy } from '../domain/edge-config.ts';
import { watchesSchedules } from '../domain/plan.ts';
import type { Outcome } from '../domain/state.ts';
import { lastReads, rollbackLooks } from './activities.ts';
import { recordRead } from './edge.ts';
import { report } from './report.ts';
import type { RollbackCause } from './rollback-cause.ts';
import { deepest } from './failure.ts';
import { performed } from './performed.ts';
import type { SwitchRun } from './run.ts';
import { nobodyLeft, undoSteps, unknownSteps } from './steps.ts';
import { register, undoable, UNDO, UNDO_ORDER } from './undo.ts';
import { propagated, restoredTraffic, type Restored } from './way-back.ts';

/** How long regions that do not yet show the way back are looked at. */
const LAST_REGIONS_MS = 10 * 60_000;

/** @param isBlind what was done before this run is not known to it */
export function rollBack(
  run: SwitchRun,
  cause: RollbackCause,
  isBlind: boolean = run.wasReset,
): Promise<Outcome> {
  return CancellationScope.nonCancellable(async () => {
    run.emit({ type: 'rollback-started', trigger: cause.trigger, reason: cause.message, gate: cause.gate });
    const left: string[] = isBlind ? unknownSteps(run) : [];
    const restored = (await hasLeft(run, left)) ? await restoredTraffic(run, cause, left) : null;
    run.endWatches();
    const title = restored === null ? nobodyLeft(run) : `Rolled back to ${run.plan.from}`;
    await run.tell('error', title, cause.message);
    // Users are back. What was under way must be over before it is undone, or it would happen after its undo.
    await performed(run, 'what was under way', () => run.settled, left);
    for (const undo of restored === 'overtaken' ? [] : UNDO_ORDER) {
      // After the fence: users' writes wait for no undo of a step, which may take for ever.
      if (undo === 'jobs') await undoSteps(run, left);
      if (undo === 'traffic' || !run.state.undo.includes(undo)) continue;
      const detail = await performed(run, undo, () => UNDO[undo](run, left), left);
      run.emit({ type: 'rollback-step', undo, detail });
    }
    const back = restored === 'overtaken' ? null : restored;
    if (back !== null && !back.seen) await lastRegions(run, back, left);
    if (back !== null) await lastLook(run, left);
    return report(run, {
      kind: 'rolled-back',
      reason: cause.message,
      gate: cause.gate,
      restoredInMs: back?.inMs ?? null,
      remedy: remedyFor(cause.gate, cause.trigger),
      left,
      report: null,
    });
  });
}

/**
 * Whether anything must be brought back. The register knows what this run did; a run that was reset to an earlier point does not know
 * what it did after it, so the edge is asked too.
 */
async function hasLeft(run: SwitchRun, left: string[]): Promise<boolean> {
  if (run.state.undo.includes('traffic')) return true;
  let standing;
  try {
    standing = await rollbackLooks.readEdge({ targets: run.targets });
  } catch (cause) {
    left.push(`the edge could not be read (${deepest(cause)}); this switch knows of no write of its own`);
    return false;
  }
  if (standing === null) return false;
  recordRead(run, 'before the rollback', standing);
  if (!isAway(run, standing)) return false;
  if (!isWrittenBy(standing, run.switchId)) {
    left.push(`${standingAt(run, standing)}; this switch wrote nothing and leaves it`);
    return false;
  }
  for (const undo of undoable(run)) register(run, undo);
  return true;
}

/** Whether users, producers or writes are not where `from` alone has them. */
function isAway({ plan }: SwitchRun, standing: EdgeState): boolean {
  return (
    standing.weightPercent > 0 ||
    standing.producer === plan.to ||
    standing.writes[plan.from] !== 'open' ||
    standing.freezeUntilMs !== null
  );
}

function standingAt({ plan }: SwitchRun, { weightPercent, writer }: EdgeState): string {
  return `the edge stands at ${weightPercent} % on ${plan.to}, written by ${writer}`;
}

/** The outcome says what is: somebody may have moved users again while jobs, caches and warmth were brought back. */
async function lastLook(run: SwitchRun, left: string[]): Promise<void> {
  let standing;
  try {
    standing = await lastReads.readEdge({ targets: run.targets, schedules: watchesSchedules(run.plan) });
  } catch (cause) {
    left.push(`the edge could not be read at the end (${deepest(cause)})`);
    return;
  }
  if (standing === null) {
    left.push('the edge config was deleted after users were brought back');
    return;
  }
  recordRead(run, 'after the rollback', standing);
  if (isAway(run, standing)) left.push(`${standingAt(run, standing)} after users were brought back`);
  if (standing.schedules != null) left.push(standing.schedules);
}

/** A region that was away may come back with its old config: it is looked at for longer, and named if it stays away. */
async function lastRegions(run: SwitchRun, restored: Restored, left: string[]): Promise<void> {
  await run.tell('error', 'A region is not known to be back', 'It is looked at again; see the outcome.');
  const { seen, detail } = await propagated(run, restored, LAST_REGIONS_MS);
  if (!seen) left.push(detail);
  run.emit({ type: 'note', text: detail });
}
