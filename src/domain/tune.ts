/**
 * What `tune` may change while a switch runs: holds, thresholds and the steps still ahead. The plan itself stays
 * immutable; the tuned plan is a fold of the accepted commands.
 */
import type { GateSettings } from './gate.ts';
import type { HoldPlan, Plan, RampStep } from './plan.ts';
import { STAGES, type Stage } from './stage.ts';

export interface Tune {
  /** New hold of a stage not yet past; it counts from the next hold on. */
  readonly canary?: Partial<HoldPlan>;
  readonly audit?: Partial<HoldPlan>;
  readonly hold?: Partial<HoldPlan>;
  /** Replaces the ramp steps still ahead of the one under way. */
  readonly rampAhead?: readonly RampStep[];
  readonly gates?: Partial<GateSettings>;
  readonly freezeMs?: number;
  readonly fenceMs?: number;
}

export interface TunePosition {
  readonly stage: Stage;
  /** Index of the ramp step under way; -1 before the ramp. */
  readonly rampStep: number;
}

const FIELDS = ['canary', 'audit', 'hold', 'rampAhead', 'gates', 'freezeMs', 'fenceMs'] as const;

/** The reason a change is refused, or null. Checked by hand: this runs in the workflow sandbox. */
export function checkTune(plan: Plan, change: Tune, position: TunePosition): string | null {
  const unknown = Object.keys(change).filter((key) => !FIELDS.some((field) => field === key));
  if (unknown.length > 0) return `${unknown.join(', ')} cannot be tuned; ${FIELDS.join(', ')} can`;
  if (Object.keys(change).length === 0) return 'nothing to tune';
  return (
    checkHold('canary', change.canary, position) ??
    checkHold('audit', change.audit, position) ??
    checkHold('hold', change.hold, position) ??
    checkRamp(plan, change.rampAhead, position) ??
    checkGates(plan, change.gates) ??
    checkDuration('freezeMs', change.freezeMs, isPast('cutover', position)) ??
    checkDuration('fenceMs', change.fenceMs, isPast('cutover', position))
  );
}

/** The plan with the change folded in; call only after `checkTune` found nothing. */
export function applyTune(plan: Plan, change: Tune, rampStep: number): Plan {
  return {
    ...plan,
    canary: { ...plan.canary, ...change.canary },
    audit: { ...plan.audit, ...change.audit },
    hold: { ...plan.hold, ...change.hold },
    ramp:
      change.rampAhead === undefined ? plan.ramp : [...plan.ramp.slice(0, rampStep + 1), ...change.rampAhead],
    gates: { ...plan.gates, ...change.gates },
    cutover: {
      ...plan.cutover,
      ...(change.freezeMs === undefined ? {} : { freezeMs: change.freezeMs }),
      ...(change.fenceMs === undefined ? {} : { fenceMs: change.fenceMs }),
    },
  };
}

function isPast(stage: Stage, position: TunePosition): boolean {
  return STAGES.indexOf(position.stage) > STAGES.indexOf(stage);
}

function checkHold(
  stage: 'canary' | 'audit' | 'hold',
  change: Partial<HoldPlan> | undefined,
  position: TunePosition,
): string | null {
  if (change === undefined) return null;
  if (isPast(stage, position)) return `${stage} is past`;
  if (change.forMs !== undefined && !(Number.isFinite(change.forMs) && change.forMs > 0)) {
    return `${stage}.forMs must be a positive number of milliseconds`;
  }
  if (
    change.looks !== undefined &&
    !(Number.isInteger(change.looks) && change.looks >= 1 && change.looks <= 1000)
  ) {
    return `${stage}.looks must be a whole number from 1 to 1000`;
  }
  return null;
}

function checkRamp(
  plan: Plan,
  ahead: readonly RampStep[] | undefined,
  position: TunePosition,
): string | null {
  if (ahead === undefined) return null;
  if (isPast('ramp', position)) return 'the ramp is past';
  let floor = plan.ramp[position.rampStep]?.weightPercent ?? plan.canary.weightPercent;
  for (const step of ahead) {
    if (!(step.weightPercent > floor && step.weightPercent < 100)) {
      return `ramp steps ahead must rise above ${floor} % and stay below 100 %`;
    }
    if (!(step.forMs > 0 && Number.isInteger(step.looks) && step.looks >= 1)) {
      return 'each ramp step needs forMs and looks';
    }
    floor = step.weightPercent;
  }
  return null;
}

function checkGates(plan: Plan, change: Partial<GateSettings> | undefined): string | null {
  if (change === undefined) return null;
  const known = Object.keys(plan.gates);
  const unknown = Object.keys(change).filter((key) => !known.includes(key));
  return unknown.length > 0 ? `no gate setting ${unknown.join(', ')}; there are ${known.join(', ')}` : null;
}

function checkDuration(name: string, value: number | undefined, past: boolean): string | null {
  if (value === undefined) return null;
  if (past) return `${name} is past`;
  return Number.isFinite(value) && value > 0 ? null : `${name} must be a positive number of milliseconds`;
}
