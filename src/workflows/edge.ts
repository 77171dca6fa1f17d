/**
 * Moves traffic and modes by writing the edge config. Every write is bound to the generation it was computed from, so an
 * attempt that comes back from the dead after a rollback loses.
 */
import { ApplicationFailure, ActivityFailure } from '@temporalio/workflow';
import type { EdgeState } from '../activities/api.ts';
import type { EdgeConfigPatch } from '../domain/edge-config.ts';
import { edgeWrites, reads } from './activities.ts';
import { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';

export interface EdgeWrite {
  readonly step: string;
  readonly patch: EdgeConfigPatch;
  readonly freezeForMs?: number;
  readonly leaseLeftMs?: number;
}

/** Writes, reads back and waits until every region shows it. */
export async function writeEdge(run: SwitchRun, write: EdgeWrite): Promise<EdgeState> {
  const seenWithinMs = run.plan.cutover.propagationMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const written = await edgeWrites(seenWithinMs).writeEdge({
        ...write,
        targets: run.targets,
        step: attempt === 1 ? write.step : `${write.step}.${attempt}`,
        expected: run.state.generation ?? 0,
        seenWithinMs,
      });
      recordWritten(run, write, written);
      if (!written.seen) {
        throw new RollbackCause(
          'failure',
          `the edge did not take over ${write.step} in time: ${written.detail}`,
        );
      }
      return written;
    } catch (cause) {
      if (!hasFailureType(cause, 'EdgeConflict')) throw cause;
      await rebase(run, write.step);
    }
  }
}

/** Somebody wrote in between. We ourselves may have (a cache epoch, a late attempt); anybody else is a person's business. */
async function rebase(run: SwitchRun, step: string): Promise<void> {
  const standing = await reads.readEdge({ targets: run.targets });
  const generation = standing?.generation ?? 0;
  if (standing === null || !standing.writer.startsWith(`${run.switchId}/`)) {
    await run.question(
      `somebody else (${standing?.writer ?? 'who deleted it'}) wrote the edge config (generation ${generation}) before ${step}; ` +
        `approve to write over it`,
      run.plan.onInconclusive.deadline,
    );
  }
  run.emit({
    type: 'edge-written',
    step: `reread before ${step}`,
    desiredPercent: run.state.desiredPercent,
    actualPercent: standing?.weightPercent ?? 0,
    generation,
  });
}

function recordWritten(run: SwitchRun, write: EdgeWrite, written: EdgeState): void {
  const desiredPercent = write.patch.weightPercent ?? run.state.desiredPercent;
  run.emit({
    type: 'edge-written',
    step: write.step,
    desiredPercent,
    actualPercent: written.weightPercent,
    generation: written.generation,
  });
  if (written.weightPercent !== desiredPercent) {
    throw new RollbackCause(
      'failure',
      `the edge reads back ${written.weightPercent} % where ${desiredPercent} % was written (${write.step})`,
    );
  }
}

export function hasFailureType(cause: unknown, type: string): boolean {
  return (
    cause instanceof ActivityFailure && cause.cause instanceof ApplicationFailure && cause.cause.type === type
  );
}
