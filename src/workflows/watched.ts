/**
 * A watch that is given up with the way forward, but is cancelled at the server only when users are back. Cancelling one that waits
 * for its next look costs the server and the worker a workflow task of its own, right when the way back needs them.
 */
import { CancellationScope, CancelledFailure, condition, isCancellation } from '@temporalio/workflow';
import type { WatchResult } from '../activities/api.ts';
import { hasFailureType, unseen } from './failure.ts';
import type { SwitchRun } from './run.ts';

/** @param kind `moves`: it has effects, so nothing is undone before it has really ended */
export async function watched<T>(
  run: SwitchRun,
  watch: () => Promise<T>,
  kind: 'looks' | 'moves' = 'looks',
): Promise<T> {
  const around = CancellationScope.current();
  if (around.consideredCancelled) throw new CancelledFailure('the watch was given up before it began');
  const shield = new CancellationScope({ cancellable: false });
  const own = new CancellationScope({ cancellable: true, parent: shield });
  const watching = own.run(watch);
  // Given up, nobody listens any more.
  watching.catch(() => undefined);
  if (kind === 'moves') run.undoAfter(watching);
  try {
    return await Promise.race([watching, around.cancelRequested]);
  } catch (cause) {
    if (isCancellation(cause)) run.cancelWatch(own);
    throw cause;
  }
}

/** A watch that could not go on, and why: that says nothing about `to`. */
export interface Blind {
  readonly blind: string;
  /** The evidence store has lost what the watch had stored there. */
  readonly isGone: boolean;
}

/** @returns null when `isOff` came first */
export async function watchUnless(
  run: SwitchRun,
  watch: () => Promise<WatchResult>,
  isOff: () => boolean,
): Promise<WatchResult | Blind | null> {
  const scope = new CancellationScope();
  try {
    const ended = await scope.run(() => Promise.race([watched(run, watch), condition(isOff)]));
    return ended ?? null;
  } catch (cause) {
    return { blind: unseen(cause), isGone: hasFailureType(cause, 'EvidenceGone') };
  } finally {
    scope.cancel();
  }
}
