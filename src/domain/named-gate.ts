/** Which of the gates that failed is named: the cause, and not what follows from it. */
import { factsOf } from './gate.ts';
import type { GateSummary } from './gate-record.ts';

/** @returns null where none failed that decides */
export function namedGate(gates: readonly GateSummary[]): GateSummary | null {
  const fails = gates.filter((one) => one.verdict === 'fail' && !one.advisory);
  return fails.find(explainsOthers) ?? fails.find((one) => !isSymptom(one)) ?? fails[0] ?? null;
}

function explainsOthers({ gate, reason }: GateSummary): boolean {
  return factsOf(gate).explainsOthers?.includes(reason) === true;
}

function isSymptom({ gate, reason }: GateSummary): boolean {
  return factsOf(gate).symptomBut?.includes(reason) === false;
}
