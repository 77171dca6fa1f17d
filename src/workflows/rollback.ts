/**
 * The way back, from anywhere: users first (one write), then jobs, caches and warmth. It never needs the thing that failed,
 * never stops half-way, and says so loudly when a step keeps failing.
 */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { EdgeState } from '../activities/api.ts';
import { remedyFor } from '../domain/cookbook.ts';
import { isWrittenBy, type EdgeConfigPatch } from '../domain/edge-config.ts';
import { watchesSchedules } from '../domain/plan.ts';
import type { Outcome } from '../domain/state.ts';
import { lastReads, rollbackLooks, rollbacks, watches } from './activities.ts';
import { recordRead } from './edge.ts';
import { report } from './report.ts';
import type { RollbackCause } from './rollback-cause.ts';
import { deepest, hasFailureType } from './failure.ts';
import type { SwitchRun } from './run.ts';
import { nobodyLeft, undoSteps, unknownSteps } from './steps.ts';
import { summaryOf } from './summaries.ts';
import { register, undoable, UNDO, UNDO_ORDER, type Undo } from './undo.ts';

/** A step that takes longer than this is reported as stuck; it goes on all the same. */
const STUCK_AFTER_MS = 2 * 60_000;
/** Moving a million jobs takes minutes and is not stuck. */
const JOBS_STUCK_AFTER_MS = 15 * 60_000;

/** Steps that only spare cost or speed are given up after this; users and jobs never are, except by an operator. */
const OPTIONAL_STEP_MS = 10 * 60_000;
const OPTIONAL: ReadonlySet<string> = new Set<Undo>(['caches', 'warmth']);

/** A sick `from` is asked again after this, then after twice as long, and so on. */
const SICK_AGAIN_MS = 30_000;
const MAX_SICK_AGAIN_MS = 15 * 60_000;

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
      if (undo === 'jobs') await undoSteps(run, left, performed);
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

interface Restored {
  readonly inMs: number;
  readonly generation: number;
  readonly weightPercent: number;
  /** The write, for a store that loses it. */
  readonly again: { readonly step: string; readonly patch: EdgeConfigPatch };
  /** Every region shows it. */
  readonly seen: boolean;
}

/** What a later switch of the service has written is its own: this one's effects are no longer there to undo. */
async function restoredTraffic(
  run: SwitchRun,
  cause: RollbackCause,
  left: string[],
): Promise<Restored | 'overtaken'> {
  try {
    return await restoreTraffic(run, cause);
  } catch (failure) {
    if (!hasFailureType(failure, 'Overtaken')) throw failure;
    left.push(`everything, to the later switch that has written since: ${deepest(failure)}`);
    return 'overtaken';
  }
}

async function restoreTraffic(run: SwitchRun, cause: RollbackCause): Promise<Restored> {
  const startedMs = Date.now();
  const patch = wayBack(run);
  const known = run.state.newestGeneration ?? run.state.generation ?? 0;
  const isForced = () =>
    (cause.trigger === 'operator' && !run.wasReset) || run.state.rollback?.insisted === true;
  for (let againMs = SICK_AGAIN_MS; ; againMs = Math.min(againMs * 2, MAX_SICK_AGAIN_MS)) {
    const force = isForced();
    // A person who asks is obeyed; a gate, a deadline or a failure does not send users to a color that is down. Who asks a run that was
    // reset may not know that the color was retired meanwhile.
    const step = force ? 'rollback' : 'rollback-if-well';
    const restored = await untilDone(run, 'traffic', () =>
      rollbacks.restoreTraffic({ targets: run.targets, step, patch, force, newest: known }),
    );
    run.endWatches();
    if (restored.restored) {
      const inMs = Date.now() - startedMs;
      const { generation, fromHealth } = restored;
      run.desired = { ...run.desired, ...patch };
      // More was written than this run knows of, so more may have been done.
      if (run.wasReset || generation > known + 1) for (const undo of undoable(run)) register(run, undo);
      run.emit({ type: 'rollback-restored', generation, restoredInMs: inMs });
      run.emit({
        type: 'rollback-step',
        undo: 'traffic',
        detail: `everybody is on ${run.plan.from} (${fromHealth})`,
      });
      const again = { step, patch };
      const { seen, detail } = await propagated(run, { ...restored, again }, run.plan.cutover.propagationMs);
      run.emit({ type: 'note', text: detail });
      return { inMs, generation, weightPercent: restored.weightPercent, seen, again };
    }
    await sickFrom(run, restored.fromHealth, againMs, isForced);
  }
}

/** Users stay where they are until `from` is well again or somebody insists. */
async function sickFrom(
  run: SwitchRun,
  health: string,
  againMs: number,
  isForced: () => boolean,
): Promise<void> {
  const what = `${run.plan.from} is sick (${health}); repeat rollback to go back all the same`;
  if (againMs === SICK_AGAIN_MS) await run.tell('error', 'Cannot roll back by itself', what);
  const sinceMs = Date.now();
  run.emit({
    type: 'waiting',
    wait: { kind: 'sick-from', what, sinceMs, deadlineMs: sinceMs + againMs, then: 'look at it again' },
  });
  const insisted = await condition(isForced, againMs, { summary: summaryOf(what) });
  run.emit({ type: 'waited', how: insisted ? 'done' : 'deadline: look again' });
}

/** Seen or not, the rollback goes on. */
async function propagated(
  run: SwitchRun,
  { generation, weightPercent, again }: Pick<Restored, 'generation' | 'weightPercent' | 'again'>,
  withinMs: number,
): Promise<{ seen: boolean; detail: string }> {
  try {
    const input = { targets: run.targets, generation, weightPercent, withinMs, again };
    const { seen, detail, behind, foreign } = await watches(withinMs).awaitGeneration(input);
    if (seen) return { seen, detail: `every region: ${detail}` };
    return { seen, detail: `not known to be back in ${[...foreign, ...behind].join(', ')}: ${detail}` };
  } catch (cause) {
    return { seen: false, detail: `not known whether any region is back: ${deepest(cause)}` };
  }
}

/** A region that was away may come back with its old config: it is looked at for longer, and named if it stays away. */
async function lastRegions(run: SwitchRun, restored: Restored, left: string[]): Promise<void> {
  await run.tell('error', 'A region is not known to be back', 'It is looked at again; see the outcome.');
  const { seen, detail } = await propagated(run, restored, LAST_REGIONS_MS);
  if (!seen) left.push(detail);
  run.emit({ type: 'note', text: detail });
}

/** One document sends users, producers and writes back at once; `to` stays read-only for diagnosis. */
function wayBack(run: SwitchRun): EdgeConfigPatch {
  const { from, to } = run.plan;
  const modes = { [from]: 'open', [to]: 'read-only' } as unknown as NonNullable<EdgeConfigPatch['writes']>;
  return { from, to, weightPercent: 0, cohorts: [], producer: from, writes: modes, freezeUntilMs: null };
}

/** One step until it is done, however long that takes. Says when it is stuck. */
async function untilDone<T>(run: SwitchRun, undo: Undo, perform: () => Promise<T>): Promise<T> {
  const alarm = alarmed(run, undo);
  try {
    return await perform();
  } finally {
    alarm.cancel();
  }
}

/** One step until it is done. Says when it is stuck; ends without it when it is optional and takes too long, or when it is skipped. */
async function performed(
  run: SwitchRun,
  undo: string,
  perform: () => Promise<string | void>,
  left: string[],
): Promise<string> {
  const doing = new CancellationScope();
  const alarm = alarmed(run, undo);
  const givenUp = (): string | null => {
    const skipped = run.state.rollback?.skipped.find((one) => one.undo === undo);
    return skipped === undefined ? null : `${undo}: skipped by ${skipped.by}: ${skipped.reason}`;
  };
  const done = doing.run(perform).then((value) => ({ value }));
  // Given up, nobody listens any more.
  done.catch(() => undefined);
  try {
    const ended = await Promise.race([
      done,
      alarm.run(() => condition(() => givenUp() !== null)),
      ...(OPTIONAL.has(undo)
        ? [alarm.run(() => sleep(OPTIONAL_STEP_MS, { summary: `${undo} is given up after this` }))]
        : []),
    ]);
    if (typeof ended === 'object' && 'value' in ended) return ended.value ?? '';
    const why = givenUp() ?? `${undo}: given up after ${OPTIONAL_STEP_MS / 60_000} minutes`;
    left.push(why);
    return why;
  } finally {
    alarm.cancel();
    doing.cancel();
  }
}

/** A scope to be cancelled when the step is done. */
function alarmed(run: SwitchRun, undo: string): CancellationScope {
  const alarm = new CancellationScope();
  alarm.run(() => raiseAlarm(run, undo)).catch(() => undefined);
  return alarm;
}

async function raiseAlarm(run: SwitchRun, undo: string): Promise<void> {
  for (let afterMs = undo === 'jobs' ? JOBS_STUCK_AFTER_MS : STUCK_AFTER_MS; ; afterMs *= 4) {
    await sleep(afterMs, { summary: `rollback of ${undo} is stuck after this` });
    run.emit({ type: 'rollback-stuck', undo, sinceMs: Date.now() - afterMs });
    const skip = undo === 'traffic' ? '' : ' To go on without it: override --hold with a reason.';
    await run.tell(
      'error',
      `ROLLBACK STUCK: ${undo}`,
      `It keeps trying. Look at the pending activity's last failure.${skip}`,
    );
  }
}
