/**
 * Holds: a stretch of time in which gates are judged, with a verdict at its scheduled end. A pause ends the evidence
 * and a resume starts it anew; too little evidence extends the hold, then asks.
 */
import type { WatchResult } from '../activities/api.ts';
import { interrupts } from '../domain/concern.ts';
import { formatDuration } from '../domain/duration.ts';
import { holdQuestionDeadline } from '../domain/hold-question.ts';
import type { HoldPlan } from '../domain/plan.ts';
import { watches } from './activities.ts';
import {
  failed,
  FULL_GRID_ROUNDS,
  lessIgnored,
  looked,
  openGates,
  watchInput,
  why,
  type Watching,
} from './judging.ts';
import { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';
import { settle } from './standing.ts';
import { watchUnless, type Blind } from './watched.ts';
import { pausePoint, question } from './waits.ts';

/** Restarts of one hold over lost evidence before a person is asked. */
const MAX_LOST = 3;

export interface HoldSpec extends Watching {
  /** Waited for whenever the evidence of the whole hold begins: at its start and after each interruption. */
  readonly begin?: () => Promise<void>;
}

export interface HoldResult extends WatchResult {
  /** Length of the stretch that was judged last, ms. */
  readonly forMs: number;
  readonly how: 'passed' | 'overridden' | 'promoted' | 'approved';
}

/** Returns when every gate that must pass has passed; throws `RollbackCause` when one failed. */
export async function hold(run: SwitchRun, spec: HoldSpec): Promise<HoldResult> {
  let length: HoldPlan | null = null;
  for (let extension = 0; ; extension += 1) {
    const result = await uninterrupted(run, spec, length);
    if (result.how === 'overridden' || result.verdict === 'pass') return result;
    // Nothing to judge is no proof, and no objection either: every gate says why it was skipped.
    if (result.verdict === 'skipped') return result;
    if (result.verdict === 'fail') throw failed(run, result);
    const { onInconclusive } = run.plan;
    if (extension < onInconclusive.extensions) {
      const forMs = onInconclusive.extensionMs;
      length = { forMs, looks: Math.max(1, Math.min(FULL_GRID_ROUNDS, lengthOf(run, spec).looks)) };
      run.emit({
        type: 'note',
        text: `${spec.step}: ${result.verdict}; extended by ${formatDuration(forMs)} (${why(result)})`,
      });
      continue;
    }
    const what = `${spec.step} is ${result.verdict}: ${why(result)}`;
    // A missing way back is nothing that the plan could have meant by `promote` or `abort`.
    if (result.concerns.length === 0) {
      if (onInconclusive.then === 'promote') return { ...result, how: 'promoted' };
      if (onInconclusive.then === 'abort') {
        throw new RollbackCause('gate', what, openGates(result)[0]?.gate ?? null);
      }
    }
    const gates = openGates(result).map(({ gate }) => gate);
    const answer = await question(run, what, holdQuestionDeadline(run.plan, spec.gates), { gates });
    return { ...result, how: answer };
  }
}

/** Length of a hold as tuned by now. */
function lengthOf(run: SwitchRun, spec: HoldSpec): HoldPlan {
  const { canary, audit, hold: peak } = run.plan;
  switch (spec.gates) {
    case 'canary':
      return canary;
    case 'audit':
      return audit;
    case 'hold':
      return peak;
    case 'shadow':
    case 'ramp':
    case 'caches':
      return spec;
  }
}

/**
 * One hold from its start to its scheduled end, begun anew after each pause, each new threshold or length, and whatever makes its
 * evidence worthless.
 * @param extension its length; null: that of the hold itself
 */
async function uninterrupted(
  run: SwitchRun,
  spec: HoldSpec,
  extension: HoldPlan | null,
): Promise<HoldResult> {
  let own = extension;
  for (let lost = 0; ;) {
    await pausePoint(run);
    if (own === null) await spec.begin?.();
    const planned = lengthOf(run, spec);
    const { forMs, looks } = own ?? planned;
    const { gates } = run.plan;
    const overrides = run.state.overrides.length;
    run.emit({ type: 'hold-started', step: spec.step, forMs, looks });
    const isOverridden = () => run.state.overrides.slice(overrides).some((one) => one.gate === null);
    const isTuned = () => {
      const now = lengthOf(run, spec);
      return now.forMs !== planned.forMs || now.looks !== planned.looks;
    };
    const input = watchInput(run, { ...spec, forMs, looks, planned: planned.looks });
    const ended = await watchUnless(
      run,
      () => watches(forMs).watchGates(input),
      () => run.state.pause !== null || isOverridden() || isTuned() || run.plan.gates !== gates,
    );
    const unheld = {
      ...NOTHING,
      look: { index: 0, planned: looks, final: true },
      forMs,
      how: 'overridden',
    } as const;
    if (ended !== null && 'blind' in ended) {
      lost += 1;
      run.emit({ type: 'hold-ended', step: spec.step, verdict: 'inconclusive' });
      if ((await blinded(run, spec, ended, lost)) === 'overridden') return unheld;
      continue;
    }
    if (ended === null) {
      if (isOverridden()) {
        run.emit({ type: 'hold-ended', step: spec.step, verdict: 'skipped' });
        return unheld;
      }
      run.emit({ type: 'hold-ended', step: spec.step, verdict: 'inconclusive' });
      if (isTuned()) {
        own = null;
        const now = lengthOf(run, spec);
        const text = `${spec.step}: tuned to ${formatDuration(now.forMs)}, ${now.looks} look(s); its evidence begins anew`;
        run.emit({ type: 'note', text });
      }
      continue;
    }
    const result = lessIgnored(run, ended);
    looked(run, { step: spec.step, ...result });
    run.emit({ type: 'hold-ended', step: spec.step, verdict: result.verdict });
    const broken = result.concerns.find((one) => interrupts(one, run.plan.to));
    // A gate that was overridden while it was judged has ended the watch before its time.
    if (result.verdict === 'fail' || (result.look.final && broken === undefined)) {
      return { ...result, forMs, how: 'passed' };
    }
    if (broken !== undefined) await settle(run, broken);
  }
}

const NOTHING = { verdict: 'pass', gates: [], concerns: [], requests: null, evidence: '' } as const;

/**
 * Nothing is proved, for or against `to`. Lost evidence is gathered again; a person decides about a store that loses everything, or a
 * judge that cannot work (credentials that have run out).
 */
async function blinded(
  run: SwitchRun,
  { step }: HoldSpec,
  { blind, isGone }: Blind,
  times: number,
): Promise<'again' | 'approved' | 'overridden'> {
  const { deadline } = run.plan.onInconclusive;
  if (!isGone) {
    const asked = `${step} cannot be judged: ${blind}. Mend it and approve to begin its evidence again, override to go on without`;
    return question(run, asked, deadline);
  }
  const what = `${step}: the evidence store has lost what this hold had gathered`;
  run.emit({ type: 'note', text: `${what}; its evidence begins anew` });
  if (times % MAX_LOST !== 0) return 'again';
  const asked = `${what}, ${times} times by now; workers on several machines need one store that all of them read. Approve to begin again, override to go on without`;
  return question(run, asked, deadline);
}
