/**
 * The bounded transaction: freeze writes (a lease) → prove the queue drained → fence tables → the user's own steps → one
 * compare-and-set that flips producers, traffic and write modes → every region reports it → fence window. If the freeze budget ends
 * first, or a step fails, it thaws, undoes the steps of the attempt and tries again later, then asks.
 */
import type { WriteMode } from '../../domain/edge-config.ts';
import type { FenceWindow } from '../../activities/queue-api.ts';
import type { Color } from '../../domain/color.ts';
import { describeWaiting } from '../../domain/jobs.ts';
import { frozenStepsMs } from '../../domain/own-step.ts';
import { isReadingOnly, type OwnStep } from '../../domain/plan.ts';
import { movingWatches, watches } from '../activities.ts';
import { writeEdge } from '../edge.ts';
import { hasFailureType } from '../failure.ts';
import { sentinel } from '../sentinel.ts';
import type { SwitchRun } from '../run.ts';
import { frozenSteps, leaveOut, stepsOf, unwindSteps } from '../steps.ts';
import { fenceTables, openTables } from '../table-fence.ts';
import { register } from '../undo.ts';
import { watched } from '../watched.ts';
import { CancellationScope } from '@temporalio/workflow';
import { pausePoint, question, wait } from '../waits.ts';

/** Lease time that must be left at the flip: more than clocks differ and the write takes. */
const LEASE_MARGIN_MS = 2000;

export async function cutover(run: SwitchRun): Promise<string> {
  const isAlone = isReadingOnly(run.plan);
  // A run that continues as new after the flip has only the fence left.
  if (!run.state.flipped) await (isAlone ? flipAlone(run) : flipFrozen(run));
  await stepsOf(run, 'after-flip');
  return isAlone ? `100 % of users on ${run.plan.to}` : fence(run);
}

async function flipAlone(run: SwitchRun): Promise<void> {
  await flip(run, 1);
  run.emit({ type: 'flipped', generation: run.state.generation ?? 0, frozenMs: null });
}

async function flipFrozen(run: SwitchRun): Promise<void> {
  if (run.plan.providers.queue !== null) register(run, 'jobs');
  if (run.plan.providers.fence !== undefined) register(run, 'fence');
  let provesDrained = true;
  for (let attempt = 1; ; attempt += 1) {
    const unwound = await transact(run, attempt, provesDrained);
    if (unwound === null) return;
    const { reason, step, isFinal } = unwound;
    const { attempts, backoffMs, deadline } = run.plan.cutover;
    if (isFinal || attempt % attempts === 0) {
      const without = step === null ? 'the proof' : `step ${step.name}`;
      const what = `${reason} (${attempt} attempts). Approve to try again, override to flip without ${without}`;
      const isOverridden = (await question(run, what, deadline)) === 'overridden';
      if (step === null) provesDrained = !isOverridden;
      else if (isOverridden) leaveOut(run, step);
    } else {
      const what = `next cutover attempt: ${reason}`;
      await wait(run, { kind: 'backoff', what }, () => false, {
        afterMs: backoffMs * 2 ** (attempt - 1),
        then: 'proceed',
      });
    }
    await pausePoint(run);
  }
}

/** Why an attempt was unwound. */
interface Unwound {
  readonly reason: string;
  /** The user's own step that failed. */
  readonly step: OwnStep | null;
  /** Trying again would fail alike, and freeze users' writes for nothing. */
  readonly isFinal: boolean;
}

/** One attempt; null when it flipped. */
async function transact(run: SwitchRun, attempt: number, provesDrained: boolean): Promise<Unwound | null> {
  const { freezeMs, quietMs } = run.plan.cutover;
  const sinceMs = Date.now();
  run.emit({ type: 'transaction-opened', attempt, freezeUntilMs: sinceMs + freezeMs });
  await writeEdge(run, { step: `freeze-${attempt}`, patch: {}, freezeForMs: freezeMs + LEASE_MARGIN_MS });
  // The budget begins here, where every region has seen the freeze: an edge may need longer for that than the freeze lasts.
  // Without the proof users' writes need not stay frozen while nobody waits for it: one look, for the record.
  const budgetMs = provesDrained ? freezeMs - frozenStepsMs(run.plan) : 0;
  const frozenMs = Date.now();
  const drain = await drained(run, quietMs, budgetMs);
  let unwound: Unwound | null = null;
  if (drain === null || drain.drained || !provesDrained) {
    if (drain === null) run.emit({ type: 'note', text: 'the plan has no queue: nothing to drain' });
    else if (drain.drained) run.emit({ type: 'drained', quietMs, dead: drain.dead });
    else run.emit({ type: 'note', text: `flipping without the proof of a drained queue: ${drain.detail}` });
    const leftMs = freezeMs - frozenStepsMs(run.plan) - (Date.now() - frozenMs);
    const unfenced = await fenceTables(run, attempt, leftMs);
    const failure = unfenced === null ? await frozenSteps(run, frozenMs + freezeMs) : null;
    // While users are frozen still: their writes would fail for as long as the flip takes to be everywhere.
    await openTables(run, attempt);
    if (unfenced !== null) {
      unwound = { reason: unfenced, step: null, isFinal: false };
    } else if (failure === null) {
      if (await flippedInTime(run, attempt, sinceMs)) return null;
      unwound = { reason: 'the freeze ran out before the flip', step: null, isFinal: false };
    } else {
      unwound = { reason: failure.why, step: failure.step, isFinal: failure.isFinal };
    }
  } else {
    unwound = { reason: `not drained in time: ${drain.detail}`, step: null, isFinal: false };
  }
  await writeEdge(run, { step: `thaw-${attempt}`, patch: { freezeUntilMs: null } });
  // Users write again: from here nobody waits for the undo.
  await unwindSteps(run);
  run.emit({ type: 'unwound', attempt, reason: unwound.reason });
  return unwound;
}

async function flippedInTime(run: SwitchRun, attempt: number, sinceMs: number): Promise<boolean> {
  const { flipBegun, generation } = run.state;
  try {
    await flip(run, attempt, LEASE_MARGIN_MS / 2);
  } catch (cause) {
    if (!hasFailureType(cause, 'LeaseExpired')) throw cause;
    // Where somebody else wrote meanwhile, it may be over a flip that users have seen.
    const isRefused = !flipBegun && run.state.generation === generation;
    if (run.state.flipBegun && isRefused) run.emit({ type: 'flip-refused' });
    return false;
  }
  run.emit({ type: 'flipped', generation: run.state.generation ?? 0, frozenMs: Date.now() - sinceMs });
  run.emit({ type: 'transaction-closed' });
  return true;
}

/** Null without a queue. */
async function drained(
  run: SwitchRun,
  quietMs: number,
  budgetMs: number,
): Promise<{ drained: boolean; detail: string; dead: number } | null> {
  if (run.plan.providers.queue === null) return null;
  const input = { targets: run.targets, color: run.plan.from, quietMs, budgetMs };
  return watched(run, () => watches(budgetMs).drainQueue(input));
}

/** @param leaseLeftMs what must be left of the freeze; none where nothing is frozen */
async function flip(run: SwitchRun, attempt: number, leaseLeftMs?: number): Promise<void> {
  const { from, to, steps = [] } = run.plan;
  // Given up meanwhile, the flip does not begin.
  run.goOn();
  if (steps.some(({ undoUntil }) => undoUntil === 'flip')) run.emit({ type: 'flip-begun' });
  await writeEdge(run, {
    step: `flip-${attempt}`,
    patch: {
      weightPercent: 100,
      cohorts: [],
      producer: to,
      writes: modes(from, 'read-only', 'open'),
      freezeUntilMs: null,
    },
    ...(leaseLeftMs === undefined ? {} : { leaseLeftMs }),
  });
}

function modes(from: Color, ofFrom: WriteMode, ofTo: WriteMode): Record<Color, WriteMode> {
  return from === 'blue' ? { blue: ofFrom, green: ofTo } : { blue: ofTo, green: ofFrom };
}

/**
 * `from` is read-only; stragglers are moved and late writes counted, while gates keep judging. Jobs that are left when the time is
 * over are put to a person: nothing goes on over them in silence.
 */
async function fence(run: SwitchRun): Promise<string> {
  const { from } = run.plan;
  let moved = 0;
  let lateBase: number | null = null;
  for (let round = 1; ; round += 1) {
    const guarded = await guard(run, round, lateBase);
    moved += guarded.moved;
    lateBase = guarded.lateBase;
    const { left, lateWrites, refused } = guarded;
    const isLeft = !guarded.closed && left !== null;
    const holds = left === null ? 'no queue' : `${from}'s queue holds ${describeWaiting(left)}`;
    if (isLeft) {
      const why = refused === null ? '' : ` (${refused})`;
      const what = `the fence window is over and ${holds}, ${moved} were moved${why}. Approve to keep it open once more, override to go on and leave them`;
      if ((await question(run, what, run.plan.cutover.deadline)) === 'approved') continue;
      run.emit({ type: 'note', text: `left behind by an override: ${holds}` });
    }
    run.emit({ type: 'fence-closed', moved, lateWrites, left });
    const jobs = left === null ? '' : `${moved} stragglers moved, `;
    return `${jobs}${lateWrites} late writes refused${isLeft ? `; ${holds}` : ''}`;
  }
}

async function guard(run: SwitchRun, round: number, lateBase: number | null): Promise<FenceWindow> {
  const { fenceMs, freezeMs } = run.plan.cutover;
  // Consumers of `from` get the time of one more fence window, or of one freeze, to finish what they hold.
  const budgetMs = fenceMs + Math.max(fenceMs, freezeMs);
  const input = { targets: run.targets, step: `fence-${round}`, forMs: fenceMs, budgetMs, lateBase };
  const scope = new CancellationScope();
  const guarded = await scope.run(() =>
    Promise.race([
      watched(run, () => movingWatches(budgetMs).guardFence(input), 'moves'),
      sentinel(run, fenceMs),
    ]),
  );
  scope.cancel();
  return guarded;
}
