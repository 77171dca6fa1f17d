/**
 * The way back, from anywhere: users first (one write), then jobs, caches and warmth. It never needs the thing that failed,
 * never stops half-way, and says so loudly when a step keeps failing.
 */
import { CancellationScope, sleep } from '@temporalio/workflow';
import { remedyFor } from '../domain/cookbook.ts';
import type { EdgeConfigPatch } from '../domain/edge-config.ts';
import type { Outcome } from '../domain/state.ts';
import { rollbacks, watches } from './activities.ts';
import { report } from './report.ts';
import type { RollbackCause } from './rollback-cause.ts';
import { deepest, type SwitchRun } from './run.ts';
import { UNDO, UNDO_ORDER } from './undo.ts';

/** A step that takes longer than this is reported as stuck; it goes on all the same. */
const STUCK_AFTER_MS = 2 * 60_000;

/** How long a person may think about sending users to a sick `from`. */
const SICK_FROM_MS = 10 * 60_000;

export function rollBack(run: SwitchRun, cause: RollbackCause): Promise<Outcome> {
  return CancellationScope.nonCancellable(async () => {
    run.emit({ type: 'rollback-started', trigger: cause.trigger, reason: cause.message, gate: cause.gate });
    const restoredInMs = run.state.undo.includes('traffic') ? await restoreTraffic(run, cause) : 0;
    run.endWatches();
    await run.tell('error', `Rolled back to ${run.plan.from}`, cause.message);
    // Users are back. What was under way must be over before it is undone, or it would happen after its undo.
    await loudly(run, 'what was under way', run.settled);
    for (const undo of UNDO_ORDER) {
      if (undo === 'traffic' || !run.state.undo.includes(undo)) continue;
      const detail = await loudly(run, undo, UNDO[undo](run));
      run.emit({ type: 'rollback-step', undo, detail });
    }
    return report(run, {
      kind: 'rolled-back',
      reason: cause.message,
      gate: cause.gate,
      restoredInMs,
      remedy: remedyFor(cause.gate),
      report: null,
    });
  });
}

async function restoreTraffic(run: SwitchRun, cause: RollbackCause): Promise<number> {
  const startedMs = Date.now();
  const patch = wayBack(run);
  // A person who asks is obeyed; a gate does not send users to a stack that is down.
  let force = cause.trigger !== 'gate';
  for (;;) {
    const step = force ? 'rollback' : 'rollback-if-well';
    const restoring = rollbacks.restoreTraffic({ targets: run.targets, step, patch, force });
    const restored = await loudly(run, 'traffic', restoring);
    run.endWatches();
    if (restored.restored) {
      const restoredInMs = Date.now() - startedMs;
      run.emit({ type: 'rollback-restored', generation: restored.generation, restoredInMs });
      run.emit({
        type: 'rollback-step',
        undo: 'traffic',
        detail: `${run.plan.from}: ${restored.fromHealth}`,
      });
      run.emit({ type: 'note', text: await propagated(run, restored) });
      return restoredInMs;
    }
    const what = `${run.plan.from} is sick (${restored.fromHealth}); repeat rollback to go back all the same`;
    await run.tell('error', 'Cannot roll back by itself', what);
    const asked = run.state.commandIds.length;
    await run.wait({ kind: 'sick-from', what }, () => run.state.commandIds.length > asked, {
      afterMs: SICK_FROM_MS,
      then: 'proceed',
    });
    force = true;
  }
}

/** Seen or not, the rollback goes on. */
async function propagated(
  run: SwitchRun,
  { generation, weightPercent }: { generation: number; weightPercent: number },
): Promise<string> {
  const withinMs = run.plan.cutover.propagationMs;
  try {
    const input = { targets: run.targets, generation, weightPercent, withinMs };
    const { seen, detail, behind, foreign } = await watches(withinMs).awaitGeneration(input);
    if (seen) return `every region: ${detail}`;
    return `not known to be back in ${[...foreign, ...behind].join(', ')}: ${detail}`;
  } catch (cause) {
    return `not known whether any region is back: ${deepest(cause)}`;
  }
}

/** One document sends users, producers and writes back at once; `to` stays read-only for diagnosis. */
function wayBack(run: SwitchRun): EdgeConfigPatch {
  const { from, to } = run.plan;
  const writes = { [from]: 'open', [to]: 'read-only' } as unknown as NonNullable<EdgeConfigPatch['writes']>;
  return { from, to, weightPercent: 0, cohorts: [], producer: from, writes, freezeUntilMs: null };
}

async function loudly<T>(run: SwitchRun, undo: string, doing: Promise<T>): Promise<T> {
  const alarm = new CancellationScope();
  alarm
    .run(async () => {
      await sleep(STUCK_AFTER_MS, { summary: `rollback of ${undo} is stuck after this` });
      run.emit({ type: 'rollback-stuck', undo, sinceMs: Date.now() - STUCK_AFTER_MS });
      await run.tell(
        'error',
        `ROLLBACK STUCK: ${undo}`,
        `It keeps trying. Look at the pending activity's last failure.`,
      );
    })
    // Cancelled when the step is done.
    .catch(() => undefined);
  try {
    return await doing;
  } finally {
    alarm.cancel();
  }
}
