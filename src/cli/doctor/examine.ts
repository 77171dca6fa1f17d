/**
 * The checks of `cutover doctor`, in the order in which one needs the other.
 * Invariant: nothing is changed anywhere, a check never throws, and no variable's value is shown.
 */
import type { Check, Patient } from './check.ts';
import { nodeCheck, evidenceCheck, packageChecks, variableChecks } from './local-checks.ts';
import { manifestsWith, moduleChecks } from './module-checks.ts';
import { providerChecks } from './provider-checks.ts';
import { serverChecks } from './server-checks.ts';
import { sightChecks } from './sight-checks.ts';

/** Runs every check; `tell` hears of each as it ends. */
export async function examine(patient: Patient, tell: (check: Check) => void): Promise<Check[]> {
  const checks: Check[] = [];
  const add = (check: Check): void => {
    checks.push(check);
    tell(check);
  };
  add(nodeCheck(process.versions.node));
  for await (const check of serverChecks(patient)) add(check);
  const find = manifestsWith(patient.modules);
  for (const check of moduleChecks(patient.modules)) add(check);
  for (const check of variableChecks(patient.env, patient.plan, find)) add(check);
  for (const check of packageChecks(patient.plan, find)) add(check);
  add(await evidenceCheck(patient.plan));
  if (patient.plan !== null) {
    for await (const check of providerChecks(patient.plan, patient.env, patient.signal)) add(check);
    for await (const check of sightChecks(patient.plan, patient.env, patient.signal)) add(check);
  }
  return checks;
}
