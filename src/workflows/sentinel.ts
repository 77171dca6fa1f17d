/** Gates that go on being judged while a switch waits for something else. */
import { sleep } from '@temporalio/workflow';
import { watches } from './activities.ts';
import { failed, lessIgnored, looked, watchInput } from './judging.ts';
import type { SwitchRun } from './run.ts';
import { watchUnless } from './watched.ts';

/** Looks in one window of a sentinel at most: each is an attempt, and what it keeps goes with every heartbeat. */
const MAX_SENTINEL_LOOKS = 60;

/**
 * Judges while something else is waited for, as long as users are on `to`: as often as the hold does, over a window as long as the
 * hold that slides along. Never resolves; rejects with `RollbackCause` when a gate fails.
 */
export async function sentinel(run: SwitchRun, forMs: number): Promise<never> {
  if (run.state.desiredPercent === 0) return never();
  let said = '';
  while (run.state.rollback === null && run.expected !== null) {
    const { gates, hold: length } = run.plan;
    const { generation, pinned } = run.state;
    const windowMs = length.forMs;
    const everyMs = Math.max(1000, windowMs / Math.min(MAX_SENTINEL_LOOKS, length.looks));
    const spec = { step: `${run.state.stage} wait`, gates: 'hold' as const, rounds: 1, forMs, looks: 1 };
    const input = { ...watchInput(run, spec), everyMs, looks: null, windowMs, lookPlan: null };
    const ended = await watchUnless(
      run,
      () => watches(forMs).watchGates(input),
      () =>
        run.plan.gates !== gates ||
        run.plan.hold !== length ||
        run.state.generation !== generation ||
        run.state.pinned !== pinned,
    );
    if (ended === null) continue;
    if ('blind' in ended) {
      if (!ended.isGone && ended.blind !== said) {
        said = ended.blind;
        run.emit({ type: 'note', text: `beware: nothing is judged in ${spec.step}: ${said}` });
        await run.tell('error', `Nothing is judged in ${run.state.stage}`, said);
      }
      await sleep(everyMs, { summary: 'the judge is tried again after this' });
      continue;
    }
    const result = lessIgnored(run, ended);
    looked(run, { step: spec.step, ...result });
    if (result.verdict === 'fail') throw failed(run, result);
  }
  return never();
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
