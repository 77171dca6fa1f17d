/** What a stage of a plan asks. */
import {
  BUILT_IN_GATES,
  FACTS,
  factsOf,
  GATE_ROLES,
  gatesThatNeed,
  isBuiltIn,
  type AskedGate,
  type BuiltInGate,
} from './gate.ts';
import type { Plan, ProbesPlan } from './plan.ts';
import type { JudgedStage } from './stage.ts';

/**
 * The gates of a stage with the plan's own ones, less those switched off; what the plan has none of is named as skipped. A gate of the
 * user's own has to prove its point.
 */
export function askedGates(
  plan: Pick<Plan, 'gates' | 'customGates' | 'providers'> & { readonly probes?: Pick<ProbesPlan, 'dialogs'> },
  stage: JudgedStage,
): AskedGate[] {
  const builtIn = GATE_ROLES.flatMap((role) =>
    BUILT_IN_GATES.filter((gate) => FACTS[gate].roles[stage] === role).map((gate) => ({ gate, role })),
  );
  const own = plan.customGates.map(({ name }) => ({
    gate: `custom:${name}` as const,
    role: 'prove' as const,
  }));
  return (
    [...builtIn, ...own]
      .filter(({ gate }) => !plan.gates.off.includes(gate))
      // Most services have no dialogs: a plan that says nothing of them is not told so at every look.
      .filter(({ gate }) => plan.probes?.dialogs !== undefined || !factsOf(gate).needs?.includes('dialogs'))
      .map((one): AskedGate => {
        const { subject } = factsOf(one.gate);
        if (subject === undefined || plan.providers[subject] !== null) return one;
        return { ...one, skip: { code: 'absent', why: `The plan names no ${subject}.` } };
      })
  );
}

/** The gates where telemetry counts requests and knows no users: what only lines tell is not asked. @param source its name */
export function withoutLines(gates: readonly AskedGate[], source: string): AskedGate[] {
  const blind: readonly string[] = gatesThatNeed('lines');
  const why = `${source} counts requests; it tells neither one user nor one error class from another.`;
  return gates.map((one) =>
    one.skip === undefined && blind.includes(one.gate) ? { ...one, skip: { code: 'no-lines', why } } : one,
  );
}

/** The gates where `to` counts nothing in its health contract: what only its counters tell is not asked. What dead letters tell too still is. */
export function withoutCounters(gates: readonly AskedGate[], to: string): AskedGate[] {
  const blind: readonly string[] = gatesThatNeed('counters').filter((gate) => FACTS[gate].needs.length === 1);
  const why = `${to} has no counters in its health contract.`;
  return gates.map((one) =>
    one.skip === undefined && blind.includes(one.gate) ? { ...one, skip: { code: 'no-counters', why } } : one,
  );
}

/** What telemetry without users costs, before a switch. @param source its name */
export function withoutUsersSaid(source: string): string {
  return (
    `${source} counts requests and not users: error-rate and latency neither fail nor pass by it alone and ask a person when over the ` +
    `limit at two looks running (probes may prove latency), and ${gatesThatNeed('lines').join(', ')} are not asked once users come`
  );
}

/** What would cost less. */
export const WITHOUT_USERS_REMEDY =
  'read request lines (telemetry duckdb or clickhouse), or add a custom gate for what must be proved';

/** The gates that lines of telemetry cannot answer, because a field is missing, are not asked. @param blind why, by gate */
export function withoutFields(
  gates: readonly AskedGate[],
  blind: Readonly<Partial<Record<BuiltInGate, string>>>,
): AskedGate[] {
  return gates.map((one) => {
    const why = isBuiltIn(one.gate) ? blind[one.gate] : undefined;
    return one.skip !== undefined || why === undefined ? one : { ...one, skip: { code: 'no-lines', why } };
  });
}
