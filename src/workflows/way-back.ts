/**
 * The first step of a rollback: users to `from` in one write, then every region is looked at. It is tried until it is done, or until
 * a later switch has written; a color that is sick gets users back only when a person insists.
 */
import { condition } from '@temporalio/workflow';
import type { EdgeConfigPatch } from '../domain/edge-config.ts';
import { rollbacks, watches } from './activities.ts';
import { deepest, hasFailureType } from './failure.ts';
import { untilDone } from './performed.ts';
import type { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';
import { summaryOf } from './summaries.ts';
import { register, undoable } from './undo.ts';

/** A sick `from` is asked again after this, then after twice as long, and so on. */
const SICK_AGAIN_MS = 30_000;
const MAX_SICK_AGAIN_MS = 15 * 60_000;

export interface Restored {
  readonly inMs: number;
  readonly generation: number;
  readonly weightPercent: number;
  /** The write, for a store that loses it. */
  readonly again: { readonly step: string; readonly patch: EdgeConfigPatch };
  /** Every region shows it. */
  readonly seen: boolean;
}

/** What a later switch of the service has written is its own: this one's effects are no longer there to undo. */
export async function restoredTraffic(
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
export async function propagated(
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

/** One document sends users, producers and writes back at once; `to` stays read-only for diagnosis. */
function wayBack(run: SwitchRun): EdgeConfigPatch {
  const { from, to } = run.plan;
  const modes = { [from]: 'open', [to]: 'read-only' } as unknown as NonNullable<EdgeConfigPatch['writes']>;
  return { from, to, weightPercent: 0, cohorts: [], producer: from, writes: modes, freezeUntilMs: null };
}
