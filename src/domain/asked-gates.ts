/** What a stage of a plan asks. */
import { BUILT_IN_GATES, FACTS, factsOf, GATE_ROLES, type AskedGate } from './gate.ts';
import type { Plan } from './plan.ts';
import type { JudgedStage } from './stage.ts';

/**
 * The gates of a stage with the plan's own ones, less those switched off; what the plan has none of is named as skipped. A gate of the
 * user's own has to prove its point.
 */
export function askedGates(
  plan: Pick<Plan, 'gates' | 'customGates' | 'providers'>,
  stage: JudgedStage,
): AskedGate[] {
  const builtIn = GATE_ROLES.flatMap((role) =>
    BUILT_IN_GATES.filter((gate) => FACTS[gate].roles[stage] === role).map((gate) => ({ gate, role })),
  );
  const own = plan.customGates.map(({ name }) => ({
    gate: `custom:${name}` as const,
    role: 'prove' as const,
  }));
  return [...builtIn, ...own]
    .filter(({ gate }) => !plan.gates.off.includes(gate))
    .map((one): AskedGate => {
      const { subject } = factsOf(one.gate);
      if (subject === undefined || plan.providers[subject] !== null) return one;
      return { ...one, skip: { code: 'absent', why: `The plan names no ${subject}.` } };
    });
}
