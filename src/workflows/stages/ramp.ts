/** Raises the share of sticky users step by step; every step must hold before the next. */
import { movedSaid } from '../../domain/edge-config.ts';
import { writeEdge } from '../edge.ts';
import { hold } from '../holds.ts';
import type { SwitchRun } from '../run.ts';
import { pausePoint } from '../waits.ts';

export async function ramp(run: SwitchRun): Promise<string> {
  // Read anew at each step: `tune` may have replaced the steps ahead. A run that continues as new goes on where it was.
  for (let index = Math.max(0, run.state.rampStep); index < run.plan.ramp.length; index += 1) {
    const step = run.plan.ramp[index];
    if (step === undefined) break;
    await pausePoint(run);
    run.emit({ type: 'ramp-step', index, weightPercent: step.weightPercent });
    const name = `ramp ${step.weightPercent} %`;
    await writeEdge(run, {
      step: `ramp-${step.weightPercent}`,
      patch: { weightPercent: step.weightPercent, cohorts: step.cohorts },
    });
    await hold(run, { ...step, step: name, gates: 'ramp' });
  }
  const { topology, to } = run.plan;
  const { cohorts = [] } = run.desired;
  const moved = { topology, weightPercent: run.state.actualPercent ?? 0, cohorts };
  return `${movedSaid(moved, '% of users')} on ${to}`;
}
