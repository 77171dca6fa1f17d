/** The verbs of the user's own steps, as the workflow sees them. */
import type { ProviderRef, StepPlace } from '../domain/plan.ts';
import type { Targets } from '../domain/targets.ts';

export interface StepCall {
  readonly targets: Targets;
  /** Key of this round of the step. */
  readonly step: string;
  /** Of the step in the plan. */
  readonly name: string;
  readonly at: StepPlace;
  readonly action: ProviderRef;
}

export interface StepActivities {
  performStep(input: StepCall): Promise<{ detail: string }>;
  /** `step` is the key of the round that is undone; one that was not done needs nothing. */
  undoStep(input: StepCall): Promise<{ detail: string }>;
}
