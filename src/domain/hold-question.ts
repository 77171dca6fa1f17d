/** The deadline of a question that a hold asks. The workflow waits by it and the preview promises it. */
import type { Deadline, Plan } from './plan.ts';

export function holdQuestionDeadline(plan: Pick<Plan, 'shadow' | 'onInconclusive'>, gates: string): Deadline {
  // Nobody is on the new color yet, so there is more time to look.
  return gates === 'shadow' ? plan.shadow.deadline : plan.onInconclusive.deadline;
}
