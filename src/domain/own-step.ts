/**
 * Steps of the user's own: which there are at a place of the playbook, and where each of them is in a switch.
 *
 * Invariant: a step whose effect may stand is undone or kept by the plan's word, and the newest goes first.
 */
import type { OwnStep, Plan, StepPlace } from './plan.ts';
import type { StepHow, StepStanding, SwitchState } from './state.ts';

export function stepsAt({ steps = [] }: Pick<Plan, 'steps'>, place: StepPlace): readonly OwnStep[] {
  return steps.filter(({ at }) => at === place);
}

/** Time of the freeze that is the user's own steps'. */
export function frozenStepsMs(plan: Pick<Plan, 'steps'>): number {
  return stepsAt(plan, 'frozen').reduce((sum, { withinMs }) => sum + withinMs, 0);
}

/** What tells this step from all others of the switch: the same for every try, another one after its undo. */
export function stepKey({ name, round }: Pick<StepStanding, 'name' | 'round'>): string {
  return `step/${name}/${round}`;
}

/** As the register of undo, commands and the outcome name it. */
export function undoName({ name }: Pick<OwnStep, 'name'>): string {
  return `step ${name}`;
}

function standingOf({ steps }: Pick<SwitchState, 'steps'>, name: string): StepStanding | undefined {
  return steps.find((one) => one.name === name);
}

/** Nothing is to be done for it any more. */
export function isOver(state: Pick<SwitchState, 'steps'>, { name }: OwnStep): boolean {
  const how = standingOf(state, name)?.how;
  return how === 'done' || how === 'skipped';
}

/** The round of its next try. */
export function nextRound(state: Pick<SwitchState, 'steps'>, { name }: OwnStep): number {
  const known = standingOf(state, name);
  if (known === undefined) return 1;
  return known.how === 'undone' ? known.round + 1 : known.round;
}

export function isKept({ flipBegun }: Pick<SwitchState, 'flipBegun'>, { undo, undoUntil }: OwnStep): boolean {
  return undo === null || (undoUntil === 'flip' && flipBegun);
}

/** A step whose effect may stand. */
export interface Standing {
  readonly step: OwnStep;
  readonly standing: StepStanding;
}

/** Newest first, as they are undone. */
export function mayStand(state: Pick<SwitchState, 'steps' | 'plan'>): readonly Standing[] {
  return state.steps.toReversed().flatMap((standing) => {
    const step = state.plan.steps?.find(({ name }) => name === standing.name);
    return step === undefined || !standing.stands ? [] : [{ step, standing }];
  });
}

/** The state with a step where it is now; the one that was begun last stands at the end. */
export function withStep(state: SwitchState, now: Omit<StepStanding, 'stands'>): SwitchState {
  const known = standingOf(state, now.name);
  const stands = STANDS[now.how] ?? known?.stands ?? false;
  const next = { ...now, stands };
  const others = state.steps.filter(({ name }) => name !== now.name);
  const steps =
    known === undefined || now.how === 'begun'
      ? [...others, next]
      : state.steps.map((one) => (one.name === now.name ? next : one));
  return registered({ ...state, steps });
}

/** What is not named says nothing new of its effect. */
const STANDS: Readonly<Partial<Record<StepHow, boolean>>> = { begun: true, undone: false, left: false };

/** The state with the register of undo brought up to date with its steps. */
export function registered(state: SwitchState): SwitchState {
  const own = new Set((state.plan.steps ?? []).map(undoName));
  const standing = mayStand(state)
    .filter(({ step }) => !isKept(state, step))
    .map(({ step }) => undoName(step));
  return { ...state, undo: [...state.undo.filter((undo) => !own.has(undo)), ...standing.toReversed()] };
}
