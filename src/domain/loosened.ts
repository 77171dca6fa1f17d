/** What a change of the plan makes easier to pass. Loosening needs a reason, and approvals given before it lapse. */
import type { GateSettings } from './gate.ts';
import type { HoldPlan, Plan, RampStep } from './plan.ts';
import { applyTune, type Tune } from './tune.ts';

/** Thresholds that are stricter when they are higher; of all others a higher one is looser. */
const STRICTER_HIGHER: ReadonlySet<string> = new Set([
  'coverage.mean',
  'coverage.share',
  'coverage.blockShare',
  'coverage.critical',
  'lambda.pass',
  'lambda.block',
  'egressSuccess',
  'minSamples',
]);

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
    ...Object.entries(thresholds(next)).flatMap(([name, limit]) => {
      const was = thresholds(now)[name];
      if (was === undefined || was === limit) return [];
      const isLooser = STRICTER_HIGHER.has(name) ? limit < was : limit > was;
      return isLooser ? [`gates.${name}`] : [];
    }),
  ];
}

function thresholds(settings: GateSettings): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const [name, value] of Object.entries(settings as unknown as Record<string, unknown>)) {
    if (typeof value === 'number') flat[name] = value;
    else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [field, limit] of Object.entries(value)) {
        if (typeof limit === 'number') flat[`${name}.${field}`] = limit;
      }
    }
  }
  return flat;
}
