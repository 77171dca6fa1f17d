/** The full probe grid to both colors, and sampled requests replayed to `to` with writes fenced: no user sees it. */
import { hold } from '../holds.ts';
import type { SwitchRun } from '../run.ts';

export async function shadow(run: SwitchRun): Promise<string> {
  const { replay } = run.plan.shadow;
  const result = await hold(run, { step: 'shadow', gates: 'shadow', forMs: 0, looks: 1, replay });
  return result.gates.map((gate) => `${gate.gate} ${gate.verdict}`).join(', ');
}
