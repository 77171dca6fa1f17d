/**
 * What `tune` may change while a switch runs: holds, thresholds and the steps still ahead. The plan itself stays
 * immutable; the tuned plan is a fold of the accepted commands.
 *
 * Invariant: `checkTune` is total for any value, because signals arrive unchecked; what it lets through leaves a plan
 * that `cutover plan validate` would accept. No zod: this runs in the workflow sandbox.
 */
import { formatDuration, MAX_DURATION_MS } from './duration.ts';
import { BUILT_IN_GATES, SETTING } from './gate.ts';
import { frozenStepsMs } from './own-step.ts';
import type { HoldPlan, Plan, RampStep } from './plan.ts';
import { isRecord } from './is-record.ts';
import { misfit, misplaced, withSettings, type GateTune } from './settings.ts';
import { STAGES, type Stage } from './stage.ts';

export interface Tune {
  /** New hold of a stage not yet past; it counts from the next hold on. */
  readonly canary?: Partial<HoldPlan>;
  readonly audit?: Partial<HoldPlan>;
  readonly hold?: Partial<HoldPlan>;
  /** Replaces the ramp steps still ahead of the one under way; empty goes from it to the flip. */
  readonly rampAhead?: readonly RampStep[];
  readonly gates?: GateTune;
  /** ms. */
  readonly freezeMs?: number;
  /** ms. */
  readonly fenceMs?: number;
}

export interface TunePosition {
  readonly stage: Stage;
  /** Index of the ramp step under way; -1 before the ramp. */
  readonly rampStep: number;
  /** A stage that was passed stays the present one while the next one's approval is waited for. */
  readonly stagesPassed: readonly Stage[];
  readonly flipped: boolean;
}

type Check = (plan: Plan, value: unknown, position: TunePosition) => string | null;

const CHECKS: Readonly<Record<keyof Tune, Check>> = {
  canary: (_, value, position) => isPast('canary', position) ?? checkHold('canary', value, HOLD_FIELDS),
  audit: (_, value, position) => isPast('audit', position) ?? checkHold('audit', value, HOLD_FIELDS),
  hold: (_, value, position) => isPast('hold', position) ?? checkHold('hold', value, HOLD_FIELDS),
  rampAhead: (plan, value, position) => isPast('ramp', position) ?? checkRamp(plan, value, position),
  gates: (plan, value) => checkGates(plan, value),
  freezeMs: (plan, value, position) =>
    (position.flipped ? 'the freeze is past' : isPast('cutover', position)) ??
    checkMs('freezeMs', value) ??
    checkFreeze(plan, Number(value)),
  fenceMs: (_, value, position) => isPast('cutover', position) ?? checkMs('fenceMs', value),
};

const FIELDS = Object.keys(CHECKS);
const MAX_CHANGE_LENGTH = 20_000;
const HOLD_FIELDS: readonly string[] = ['forMs', 'looks'];
const STEP_FIELDS: readonly string[] = ['weightPercent', 'forMs', 'looks', 'cohorts', 'regions'];

/** All reasons for which a change is refused, in one sentence each, or null when it is legal now. */
export function checkTune(plan: Plan, change: Tune, position: TunePosition): string | null {
  if (!isRecord(change)) return `a change must be an object with ${FIELDS.join(', ')}`;
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  if (given.length === 0) return 'nothing to tune';
  // The change stands in history and in every status: a plan's worth of it is enough.
  if (JSON.stringify(change).length > MAX_CHANGE_LENGTH) {
    return `a change may hold at most ${MAX_CHANGE_LENGTH} characters`;
  }
  const reasons = given.flatMap(([field, value]) => {
    if (!isField(field)) return [`${short(field)} cannot be tuned; ${FIELDS.join(', ')} can`];
    return CHECKS[field](plan, value, position) ?? [];
  });
  if (reasons.length > 0) return reasons.join('; ');
  return checkHolds(applyTune(plan, change, position.rampStep));
}

/**
 * The plan with the change folded in; call only after `checkTune` found nothing.
 *
 * @param rampStep index of the ramp step under way, -1 before the ramp: it and those before it stay
 */
export function applyTune(plan: Plan, change: Tune, rampStep: number): Plan {
  const { rampAhead, freezeMs, fenceMs } = change;
  return {
    ...plan,
    canary: { ...plan.canary, ...change.canary },
    audit: { ...plan.audit, ...change.audit },
    hold: { ...plan.hold, ...change.hold },
    ramp: rampAhead === undefined ? plan.ramp : [...plan.ramp.slice(0, rampStep + 1), ...rampAhead],
    gates: change.gates === undefined ? plan.gates : withSettings(plan.gates, change.gates),
    cutover: {
      ...plan.cutover,
      ...(freezeMs === undefined ? {} : { freezeMs }),
      ...(fenceMs === undefined ? {} : { fenceMs }),
    },
  };
}

function isPast(stage: Stage, position: TunePosition): string | null {
  const isLeft = STAGES.indexOf(position.stage) > STAGES.indexOf(stage);
  return isLeft || position.stagesPassed.includes(stage) ? `${stage} is past` : null;
}

/** An empty queue must be seen for the quiet time, and then the user's own steps have their time. */
function checkFreeze(plan: Plan, freezeMs: number): string | null {
  const [quietMs, stepsMs] = [plan.cutover.quietMs, frozenStepsMs(plan)];
  if (freezeMs > quietMs + stepsMs) return null;
  const steps = stepsMs === 0 ? '' : ` and the steps in it (${formatDuration(stepsMs)})`;
  return `freezeMs must be longer than quiet (${formatDuration(quietMs)})${steps}`;
}

function checkHold(name: string, value: unknown, fields: readonly string[]): string | null {
  if (!isRecord(value)) return `${name} must be an object with ${fields.join(' and ')}`;
  const other = Object.keys(value).find((key) => !fields.includes(key));
  if (other !== undefined) return `${name}.${short(other)} cannot be tuned; ${fields.join(', ')} can`;
  const { forMs, looks } = value;
  if (forMs !== undefined) {
    const problem = checkMs(`${name}.forMs`, forMs);
    if (problem !== null) return problem;
  }
  const isCount = Number.isInteger(looks) && Number(looks) >= 1 && Number(looks) <= 1000;
  return looks === undefined || isCount ? null : `${name}.looks must be a whole number from 1 to 1000`;
}

// After merging, because a new length may meet an old number of looks.
function checkHolds(plan: Plan): string | null {
  const holds: readonly HoldPlan[] = [plan.canary, plan.audit, plan.hold, ...plan.ramp];
  const tight = holds.find(({ forMs, looks }) => forMs / looks < 1000);
  return tight === undefined
    ? null
    : `${tight.looks} looks in ${formatDuration(tight.forMs)} leave less than a second for each`;
}

function checkRamp(plan: Plan, value: unknown, position: TunePosition): string | null {
  if (!Array.isArray(value) || value.length > 50) return 'rampAhead must be a list of at most 50 steps';
  const under = plan.ramp[position.rampStep];
  let floor = under?.weightPercent ?? plan.canary.weightPercent;
  let cohorts = under?.cohorts ?? plan.canary.cohorts;
  const regions = plan.entry.map(({ region }) => region);
  for (const [index, step] of (value as unknown[]).entries()) {
    const name = `rampAhead[${index}]`;
    const problem = checkHold(name, step, STEP_FIELDS);
    if (problem !== null) return problem;
    const { weightPercent, forMs, looks, cohorts: joined, regions: seen } = step as Record<string, unknown>;
    if (forMs === undefined || looks === undefined) return `${name} needs forMs and looks`;
    if (typeof weightPercent !== 'number' || !(weightPercent > floor && weightPercent < 100)) {
      return `${name}.weightPercent must be above ${floor} % and below 100 %`;
    }
    if (!isNames(joined) || !cohorts.every((cohort) => joined.includes(cohort))) {
      return `${name}.cohorts must list every cohort that has moved: [${cohorts.join(', ')}]`;
    }
    if (!isNames(seen) || !seen.every((region) => regions.includes(region))) {
      return `${name}.regions must be regions of the plan: [${regions.join(', ')}]`;
    }
    floor = weightPercent;
    cohorts = joined;
  }
  return null;
}

function checkGates({ gates, customGates }: Plan, value: unknown): string | null {
  if (!isRecord(value)) return 'gates must be an object of thresholds';
  const names = [...BUILT_IN_GATES, ...customGates.map(({ name }) => `custom:${name}`)];
  for (const [key, to] of Object.entries(value)) {
    const now = own(gates, key);
    if (now === undefined) return `no gate setting ${short(key)}; there are ${Object.keys(gates).join(', ')}`;
    if (Array.isArray(now)) {
      const unknown = isNames(to) ? to.find((gate) => !names.includes(gate)) : '';
      if (unknown !== undefined) return `gates.${key} must list gates of ${names.join(', ')}`;
    } else if (isRecord(now)) {
      if (!isRecord(to)) return `gates.${key} must be an object`;
      for (const [field, limit] of Object.entries(to)) {
        const path = `${key}.${field}`;
        const must = misfitOf(path, limit);
        if (SETTING[path] === undefined) {
          const can = Object.keys(now).filter((one) => SETTING[`${key}.${one}`] !== undefined);
          return `gates.${key}.${short(field)} cannot be tuned; ${can.join(', ') || 'nothing of it'} can`;
        }
        if (must !== null) return `gates.${path} must be ${must}`;
      }
    } else {
      const must = misfitOf(key, to);
      if (must !== null) return `gates.${key} must be ${must}`;
    }
  }
  const [first] = misplaced(withSettings(gates, value));
  return first === undefined ? null : `gates.${first.path} must be ${first.must}`;
}

function misfitOf(path: string, value: unknown): string | null {
  const setting = SETTING[path];
  return setting === undefined ? 'no setting' : misfit(setting, value);
}

function checkMs(name: string, value: unknown): string | null {
  const fits = Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_DURATION_MS;
  return fits ? null : `${name} must be a whole number of milliseconds, at most 366 days`;
}

function isField(field: string): field is keyof Tune {
  return FIELDS.includes(field);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 100 && value.every((item) => typeof item === 'string');
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

function short(key: string): string {
  return key.length > 40 ? `${key.slice(0, 40)}…` : key;
}
