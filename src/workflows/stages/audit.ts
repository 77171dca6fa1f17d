/** The same gates against the pre-flip baseline, index identity, egress, dedupe guard, and reconciled queues. */
import { hold } from '../holds.ts';
import type { SwitchRun } from '../run.ts';

export async function audit(run: SwitchRun): Promise<string> {
  const result = await hold(run, { ...run.plan.audit, step: 'audit', gates: 'audit' });
  return result.gates.map((gate) => `${gate.gate} ${gate.verdict}`).join(', ');
}
