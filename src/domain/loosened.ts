/** What a change of the plan makes easier to pass. Loosening needs a reason, and approvals given before it lapse. */
import type { GateSettings } from './gate.ts';
import type { HoldPlan, Plan, RampStep } from './plan.ts';
import { looserThresholds } from './settings.ts';
import { applyTune, type Tune } from './tune.ts';

/**
 * Names of what becomes easier to pass, empty when nothing does. Call only for a change that `checkTune` let through.
 *
 * @param rampStep index of the ramp step under way, -1 before the ramp
 */
export function loosened(plan: Plan, change: Tune, rampStep: number): string[] {
  const next = applyTune(plan, change, rampStep);
  const names = (['canary', 'audit', 'hold'] as const).filter((one) => isShorter(plan[one], next[one]));
  return [
    ...names,
    ...(change.rampAhead !== undefined && isSteeper(plan.ramp, next.ramp, rampStep, plan) ? ['ramp'] : []),
    ...gates(plan.gates, next.gates),
    ...(next.cutover.fenceMs < plan.cutover.fenceMs ? ['fence'] : []),
  ];
}

function isShorter(now: HoldPlan, next: HoldPlan): boolean {
  return next.forMs < now.forMs || next.looks < now.looks;
}

/** Steeper: a larger jump of users than before, or less time judged on the way. */
function isSteeper(
  now: readonly RampStep[],
  next: readonly RampStep[],
  rampStep: number,
  { canary }: Plan,
): boolean {
  const base = now[rampStep]?.weightPercent ?? canary.weightPercent;
  const [before, after] = [now.slice(rampStep + 1), next.slice(rampStep + 1)];
  const heldMs = (steps: readonly RampStep[]) => steps.reduce((sum, step) => sum + step.forMs, 0);
  const hasFewerLooks =
    Math.min(...after.map((one) => one.looks)) < Math.min(...before.map((one) => one.looks));
  const narrows =
    after.some((one) => one.regions.length > 0) && before.every((one) => one.regions.length === 0);
  return (
    largestJump(base, after) > largestJump(base, before) ||
    heldMs(after) < heldMs(before) ||
    hasFewerLooks ||
    narrows
  );
}

function largestJump(base: number, steps: readonly RampStep[]): number {
  const weights = [base, ...steps.map((one) => one.weightPercent), 100];
  return Math.max(...weights.slice(1).map((weight, index) => weight - (weights[index] ?? 0)));
}

function gates(now: GateSettings, next: GateSettings): string[] {
  return [
    ...next.off.filter((gate) => !now.off.includes(gate)).map((gate) => `${gate} (off)`),
    ...next.advisory.filter((gate) => !now.advisory.includes(gate)).map((gate) => `${gate} (advisory)`),
    ...looserThresholds(now, next).map((path) => `gates.${path}`),
  ];
}
