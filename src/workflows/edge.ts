/**
 * Moves traffic and modes by writing the edge config. Every write is bound to the generation it was computed from, so an
 * attempt that comes back from the dead after a rollback loses.
 */
import { sleep } from '@temporalio/workflow';
import type { EdgeState } from '../activities/edge-api.ts';
import { isWrittenBy, type EdgeConfigPatch } from '../domain/edge-config.ts';
import { edgeWrites, reads } from './activities.ts';
import { hasFailureType } from './failure.ts';
import { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';
import { register, undoable } from './undo.ts';
import { question } from './waits.ts';

export interface EdgeWrite {
  readonly step: string;
  readonly patch: EdgeConfigPatch;
  readonly freezeForMs?: number;
  readonly leaseLeftMs?: number;
}

/** Writes, reads back and waits until every region shows it. */
export async function writeEdge(run: SwitchRun, write: EdgeWrite): Promise<EdgeState> {
  const seenWithinMs = run.plan.cutover.propagationMs;
  let over: string | null = null;
  for (let attempt = 1; ; attempt += 1) {
    run.goOn();
    // Always the whole of what this switch wants: somebody else's document that a person let us write over leaves nothing behind.
    const patch = { ...run.desired, ...write.patch };
    try {
      const written = await edgeWrites(seenWithinMs).writeEdge({
        ...write,
        patch,
        targets: run.targets,
        step: attempt === 1 ? write.step : `${write.step}.${attempt}`,
        expected: run.state.generation ?? 0,
        newest: run.state.newestGeneration ?? 0,
        seenWithinMs,
        ...(over === null ? {} : { over }),
        ...(write.patch.weightPercent === undefined && over === null ? {} : { movesUsers: true }),
      });
      run.desired = patch;
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
      await calmDown(attempt, write.step);
      over = await rebase(run, write.step);
    }
  }
}

/** Whoever keeps writing at the same time is not answered as fast as the server can: history would fill up. */
async function calmDown(attempt: number, step: string): Promise<void> {
  if (attempt === 1) return;
  const waitMs = Math.min(1000 * 2 ** (attempt - 2), 60_000);
  await sleep(waitMs, { summary: `${step}: another writer was first ${attempt} times` });
}

/**
 * Somebody wrote in between. We ourselves may have (a cache epoch, a late attempt); about anybody else a person decides.
 * @returns whom a person agreed to write over, if anybody
 */
async function rebase(run: SwitchRun, step: string): Promise<string | null> {
  // Recorded before anybody is asked: for as long as the answer takes, the status says what stands.
  const standing = await readEdge(run, `found before ${step}`);
  const generation = standing?.generation ?? 0;
  const isOurs = standing !== null && isWrittenBy(standing, run.switchId);
  if (!isOurs) {
    await question(
      run,
      `somebody else (${standing?.writer ?? 'who deleted it'}) wrote the edge config (generation ${generation}) before ${step}; ` +
        `approve to write over it`,
      run.plan.onInconclusive.deadline,
    );
  }
  // Read after the answer: what stood when the question was asked may be hours old.
  await readEdge(run, `reread before ${step}`);
  return isOurs || standing === null ? null : standing.writer;
}

/**
 * What stands at the edge now, as a fact of this switch.
 * @param atLeast an older generation is believed only where the store keeps to it
 */
export async function readEdge(run: SwitchRun, step: string, atLeast = 0): Promise<EdgeState | null> {
  const standing = await reads.readEdge({ targets: run.targets, ...(atLeast === 0 ? {} : { atLeast }) });
  recordRead(run, step, standing);
  // Whoever wrote may have moved producers too: a rollback brings back all that can have been moved.
  if (standing !== null && !isWrittenBy(standing, run.switchId))
    for (const undo of undoable(run)) register(run, undo);
  return standing;
}

/** Whether the store has lost a write of this switch and holds an older one of it, as after a failover. */
export function wentBack({ state, switchId }: SwitchRun, standing: EdgeState | null): boolean {
  if (standing === null || !isWrittenBy(standing, switchId)) return false;
  return standing.generation < (state.newestGeneration ?? 0);
}

export function recordRead(run: SwitchRun, step: string, standing: EdgeState | null): void {
  run.emit({
    type: 'edge-read',
    step,
    actualPercent: standing?.weightPercent ?? 0,
    generation: standing?.generation ?? 0,
  });
}

/** How the edge differs from what this switch wrote last, in words; null when it does not. */
export function drift(run: SwitchRun, standing: EdgeState | null): string | null {
  const { generation, desiredPercent } = run.state;
  if (standing === null) return 'the edge config was deleted';
  const by = `${standing.writer === '' ? 'nobody' : standing.writer} (generation ${standing.generation})`;
  const isOurs = isWrittenBy(standing, run.switchId);
  if (standing.generation === generation && isOurs && standing.weightPercent === desiredPercent) return null;
  if (isOurs && standing.weightPercent === desiredPercent && standing.generation > (generation ?? 0))
    return null;
  return `the edge stands at ${standing.weightPercent} % on ${run.plan.to}, written by ${by}; this switch wrote ${desiredPercent} % (generation ${generation ?? 'none'})`;
}

/** Writes all that this switch wrote so far once more, over whatever stands there now. */
export function reassert(run: SwitchRun, step: string): Promise<EdgeState> {
  return writeEdge(run, { step, patch: { ...run.desired, freezeUntilMs: null } });
}

function recordWritten(run: SwitchRun, write: EdgeWrite, written: EdgeState): void {
  const desiredPercent = write.patch.weightPercent ?? run.state.desiredPercent;
  run.emit({
    type: 'edge-written',
    step: write.step,
    desiredPercent,
    actualPercent: written.weightPercent,
    generation: written.generation,
    ...(run.plan.topology === 'header' ? { cohorts: run.desired.cohorts ?? [] } : {}),
  });
  if (written.weightPercent !== desiredPercent) {
    throw new RollbackCause(
      'failure',
      `the edge reads back ${written.weightPercent} % where ${desiredPercent} % was written (${write.step})`,
    );
  }
}
