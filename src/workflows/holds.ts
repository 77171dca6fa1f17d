/**
 * Holds: a stretch of time in which gates are judged, with a verdict at its scheduled end. A pause ends the evidence
 * and a resume starts it anew; too little evidence extends the hold, then asks.
 */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { WatchInput, WatchResult } from '../activities/api.ts';
import { askedGates, type Deadline, type HoldPlan, type STAGE_GATES } from '../domain/plan.ts';
import type { AskedGate } from '../domain/gate.ts';
import { isToleratedGuard, overallVerdict, type GateSummary } from '../domain/gate-record.ts';
import { watches } from './activities.ts';
import { watched } from './watched.ts';
import { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';

/** Six Latin-square rounds make one full grid of 3 paraphrases × 2 seeds. */
const FULL_GRID_ROUNDS = 6;

/**
 * How often gates are judged while something else is waited for: as in the hold, but a long wait (for tomorrow's peak, say)
 * is looked at 24 times, at least once an hour, so that it costs no more than the switch itself.
 */
function sentinelEveryMs(run: SwitchRun, waitMs: number): number {
  const { forMs, looks } = run.plan.hold;
  return Math.max(1000, forMs / looks, Math.min(3_600_000, waitMs / 24));
}

export interface HoldSpec extends HoldPlan {
  readonly step: string;
  readonly gates: keyof typeof STAGE_GATES;
  readonly replay?: number;
  readonly regions?: readonly string[];
  /** Latin-square rounds at each look; by default as many as make a full grid by the end of the hold. */
  readonly rounds?: number;
  /** How long a question after the last extension waits; by default the plan's `onInconclusive.deadline`. */
  readonly deadline?: Deadline;
  /** Looks of the hold that this one extends; by default its own. */
  readonly planned?: number;
  /** Waited for whenever the evidence of the whole hold begins: at its start and after each interruption. */
  readonly begin?: () => Promise<void>;
}

/** Returns when every gate that must pass has passed; throws `RollbackCause` when one failed. */
export async function hold(run: SwitchRun, spec: HoldSpec): Promise<WatchResult> {
  let { forMs, looks } = spec;
  let begin = spec.begin ?? (() => Promise.resolve());
  for (let extension = 0; ; extension += 1) {
    const result = await uninterrupted(run, { ...spec, forMs, looks, planned: spec.looks, begin });
    if (result.verdict === 'pass') return result;
    if (result.verdict === 'fail') throw failed(run, result);
    const { onInconclusive } = run.plan;
    if (extension < onInconclusive.extensions) {
      forMs = onInconclusive.extensionMs;
      begin = () => Promise.resolve();
      looks = Math.max(1, Math.min(FULL_GRID_ROUNDS, looks));
      run.emit({
        type: 'note',
        text: `${spec.step}: ${result.verdict}; extended by ${forMs} ms (${why(result)})`,
      });
      continue;
    }
    const what = `${spec.step} is ${result.verdict}: ${why(result)}`;
    if (onInconclusive.then === 'promote') return result;
    if (onInconclusive.then === 'abort') throw new RollbackCause('gate', what, firstOpen(result));
    await run.question(what, spec.deadline ?? onInconclusive.deadline);
    return result;
  }
}

/** One hold from its start to its scheduled end, begun anew after each pause and with each new threshold. */
async function uninterrupted(
  run: SwitchRun,
  spec: HoldSpec & { begin: () => Promise<void> },
): Promise<WatchResult> {
  for (;;) {
    await run.pausePoint();
    await spec.begin();
    const { gates } = run.plan;
    const overrides = run.state.overrides.length;
    run.emit({ type: 'hold-started', step: spec.step, forMs: spec.forMs, looks: spec.looks });
    const isOverridden = () => run.state.overrides.slice(overrides).some((one) => one.gate === null);
    const scope = new CancellationScope();
    const ended = await scope.run(() =>
      Promise.race([
        watched(run, () => watches(spec.forMs).watchGates(watchInput(run, spec))),
        condition(() => run.state.pause !== null || isOverridden() || run.plan.gates !== gates),
      ]),
    );
    scope.cancel();
    if (ended === undefined || ended === null) {
      if (isOverridden()) {
        run.emit({ type: 'hold-ended', step: spec.step, verdict: 'skipped' });
        return {
          verdict: 'pass',
          look: { index: 0, planned: spec.looks, final: true },
          gates: [],
          evidence: '',
        };
      }
      run.emit({ type: 'hold-ended', step: spec.step, verdict: 'inconclusive' });
      continue;
    }
    const result = lessIgnored(run, ended);
    run.emit({ type: 'looked', step: spec.step, ...result });
    run.emit({ type: 'hold-ended', step: spec.step, verdict: result.verdict });
    // A gate that was overridden while it was judged has ended the watch before its time.
    if (result.look.final || result.verdict === 'fail') return result;
  }
}

/**
 * Judges while something else is waited for, as long as users are on `to`. Never resolves; rejects with `RollbackCause`
 * when a gate fails.
 */
export async function sentinel(run: SwitchRun, forMs: number): Promise<never> {
  if ((run.state.actualPercent ?? 0) === 0) return never();
  while (run.state.rollback === null && run.expected !== null) {
    const { gates } = run.plan;
    const everyMs = sentinelEveryMs(run, forMs);
    const spec = { step: `${run.state.stage} wait`, gates: 'hold' as const, rounds: 1, forMs, looks: 1 };
    const input = { ...watchInput(run, spec), everyMs, looks: null, lookPlan: null };
    const scope = new CancellationScope();
    const ended = await scope.run(() =>
      Promise.race([
        watched(run, () => watches(forMs).watchGates(input)),
        condition(() => run.plan.gates !== gates),
      ]),
    );
    scope.cancel();
    if (ended === undefined || ended === null) continue;
    const result = lessIgnored(run, ended);
    run.emit({ type: 'looked', step: spec.step, ...result });
    if (result.verdict === 'fail') throw failed(run, result);
  }
  return never();
}

/** What the look says without the gates that were overridden since it began. */
function lessIgnored(run: SwitchRun, result: WatchResult): WatchResult {
  const gates = result.gates.map((one) => (isIgnored(run, one.gate) ? { ...one, advisory: true } : one));
  const verdict = overallVerdict(gates);
  return { ...result, gates, verdict: result.look.final || verdict === 'fail' ? verdict : 'inconclusive' };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function failed(run: SwitchRun, result: WatchResult): RollbackCause {
  const fails = result.gates.filter((one) => one.verdict === 'fail' && !one.advisory);
  const gate =
    fails.find((one) => one.reason === SHARED_CACHE) ?? fails.find((one) => !isSymptom(one)) ?? fails[0];
  const text =
    gate === undefined ? 'a gate failed' : `gate ${gate.gate} failed in ${run.state.stage}: ${gate.summary}`;
  return new RollbackCause('gate', text, gate?.gate ?? null);
}

/** Explains whatever else is wrong with the answers. */
const SHARED_CACHE = 'cache_foreign_prefix';

/** ΔS that only rose is a symptom where another gate says what is lost; over its block limit it is the cause itself. */
function isSymptom({ gate, reason }: GateSummary): boolean {
  return gate === 'delta-s' && reason !== 'delta_s_median_blocked';
}

function watchInput(run: SwitchRun, spec: HoldSpec): WatchInput {
  const { plan } = run;
  if (run.expected === null) throw new Error('a hold began before preflight pinned the identities');
  const gates = askedGates(plan, spec.gates).filter(({ gate }) => !isIgnored(run, gate));
  return {
    targets: run.targets,
    stage: run.state.stage,
    step: spec.step,
    everyMs: spec.looks <= 1 ? spec.forMs : Math.floor(spec.forMs / spec.looks),
    looks: spec.looks,
    lookPlan: { looks: spec.planned ?? spec.looks, extensions: plan.onInconclusive.extensions },
    weightPercent: run.state.actualPercent,
    deadLetters: run.deadLetters,
    rounds: spec.rounds ?? Math.ceil(roundsOf(gates) / spec.looks),
    replay: spec.replay ?? 0,
    regions: spec.regions ?? [],
    gates,
    settings: plan.gates,
    probes: plan.probes,
    customGates: plan.customGates,
    allowErrors: plan.allowErrors,
    expected: run.expected,
    baseline: run.state.baseline,
  };
}

const NEEDS_GRID: ReadonlySet<string> = new Set(['delta-s', 'coverage', 'lambda', 'schema']);

/**
 * Rounds that timing alone needs by the end of a hold: with 100 probes about as many requests an arm as prove equal colors at a
 * log-sd of 0.5 (385; reference §2.3).
 */
const TIMING_ROUNDS = 4;

/** Rounds that the gates of a hold need by its end. */
function roundsOf(gates: readonly AskedGate[]): number {
  if (gates.some(({ gate }) => NEEDS_GRID.has(gate))) return FULL_GRID_ROUNDS;
  return gates.some(({ gate }) => gate === 'latency') ? TIMING_ROUNDS : 1;
}

function isIgnored(run: SwitchRun, gate: AskedGate['gate']): boolean {
  return run.state.overrides.some((one) => one.gate === gate);
}

function why(result: WatchResult): string {
  return result.gates
    .filter(
      (gate) => (gate.verdict === 'inconclusive' || gate.verdict === 'error') && !isToleratedGuard(gate),
    )
    .map((gate) => `${gate.gate}: ${gate.summary}`)
    .join('; ');
}

function firstOpen(result: WatchResult): string | null {
  return (
    result.gates.find(
      (gate) => gate.verdict !== 'pass' && gate.verdict !== 'skipped' && !isToleratedGuard(gate),
    )?.gate ?? null
  );
}
