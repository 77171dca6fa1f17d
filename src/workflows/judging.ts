/** What a watch is asked, and what its answer means for the switch. */
import type { WatchInput, WatchProgress, WatchResult } from '../activities/api.ts';
import { askedGates } from '../domain/asked-gates.ts';
import { isSameConcern, lookVerdict } from '../domain/concern.ts';
import { roundsOf, type AskedGate } from '../domain/gate.ts';
import { isToleratedGuard, type GateSummary } from '../domain/gate-record.ts';
import { namedGate } from '../domain/named-gate.ts';
import { watchesSchedules, type HoldPlan } from '../domain/plan.ts';
import type { JudgedStage } from '../domain/stage.ts';
import { RollbackCause } from './rollback-cause.ts';
import type { SwitchRun } from './run.ts';

/** Six Latin-square rounds make one full grid of 3 paraphrases × 2 seeds. */
export const FULL_GRID_ROUNDS = 6;

export interface Watching extends HoldPlan {
  readonly step: string;
  readonly gates: JudgedStage;
  readonly replay?: number;
  readonly regions?: readonly string[];
  /** Latin-square rounds at each look; by default as many as make a full grid by the end of the hold. */
  readonly rounds?: number;
  /** Looks of the hold that this one extends; by default its own. */
  readonly planned?: number;
}

export function watchInput(run: SwitchRun, spec: Watching): WatchInput {
  const { plan, state } = run;
  if (run.expected === null) throw new Error('a hold began before preflight pinned the identities');
  const gates = askedGates(plan, spec.gates).map((one) => ignored(run, one));
  // Until the first write of a switch the edge holds what was found there.
  const hasWritten = state.undo.includes('traffic');
  return {
    targets: run.targets,
    stage: state.stage,
    step: spec.step,
    everyMs: spec.looks <= 1 ? spec.forMs : Math.floor(spec.forMs / spec.looks),
    looks: spec.looks,
    windowMs: null,
    lookPlan: { looks: spec.planned ?? spec.looks, extensions: plan.onInconclusive.extensions },
    weightPercent: isEstimate(run) ? null : state.actualPercent,
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
    pinned: state.pinned,
    edge: {
      generation: state.generation ?? 0,
      weightPercent: hasWritten ? state.desiredPercent : null,
      writer: hasWritten ? `${run.switchId}/` : null,
    },
    baseline: state.baseline,
    watchesSchedules: watchesSchedules(plan),
    openDialogs: state.openDialogs,
  };
}

/** Cohorts are as large as their users make them; the weight beside them is the plan's estimate. */
function isEstimate({ plan, state }: SwitchRun): boolean {
  const { actualPercent } = state;
  return plan.topology === 'header' && actualPercent !== null && actualPercent > 0 && actualPercent < 100;
}

/** An overridden gate stays in sight: by whom, and why. */
function ignored(run: SwitchRun, asked: AskedGate): AskedGate {
  const override = run.state.overrides.findLast((one) => one.gate === asked.gate);
  if (override === undefined || asked.skip !== undefined) return asked;
  const why = `Overridden by ${override.by}: ${override.reason}`.slice(0, 500);
  return { ...asked, skip: { code: 'overridden', why } };
}

/** What the look says without the gates that were overridden since it began. */
export function lessIgnored(run: SwitchRun, result: WatchResult): WatchResult {
  const isIgnored = (gate: string): boolean => run.state.overrides.some((one) => one.gate === gate);
  const gates = result.gates.map((one) => (isIgnored(one.gate) ? { ...one, advisory: true } : one));
  const deciding = gates.map((one) => (isIgnored(one.gate) ? { ...one, verdict: 'skipped' as const } : one));
  const { look, concerns } = result;
  return { ...result, gates, verdict: lookVerdict(deciding, look.final, concerns, run.plan.to) };
}

/** Records a look, and says aloud what it found not to stand any more: once for each change. */
export function looked(run: SwitchRun, progress: WatchProgress): void {
  const { concerns: before } = run.state;
  const { concerns: now } = progress;
  run.emit({ type: 'looked', ...progress });
  for (const one of now) {
    if (before.some((old) => isSameConcern(one, old))) continue;
    run.emit({ type: 'note', text: `beware: ${one.what}` });
    void run.tell('warning', `Not as it was left in ${run.state.stage}`, one.what);
  }
  for (const old of before) {
    if (now.some(({ kind, color }) => kind === old.kind && color === old.color)) continue;
    run.emit({ type: 'note', text: `no longer: ${old.what}` });
  }
}

export function failed(run: SwitchRun, result: WatchResult): RollbackCause {
  const gate = namedGate(result.gates);
  const text =
    gate === null ? 'a gate failed' : `gate ${gate.gate} failed in ${run.state.stage}: ${gate.summary}`;
  return new RollbackCause('gate', text, gate?.gate ?? null);
}

/** The gates that stand in the way of a pass. */
export function openGates(result: WatchResult): readonly GateSummary[] {
  return result.gates.filter(
    (gate) =>
      !gate.advisory && gate.verdict !== 'pass' && gate.verdict !== 'skipped' && !isToleratedGuard(gate),
  );
}

/** Everything that keeps a hold from passing, in one sentence. */
export function why(result: WatchResult): string {
  const gates = openGates(result).map((gate) => `${gate.gate}: ${gate.summary.replace(/\.$/, '')}`);
  const said = [...gates, ...result.concerns.map(({ what }) => what)].join('; ');
  return said === '' ? 'no gate decides here' : said;
}
