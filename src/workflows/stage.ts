/** One stage of the playbook, from its approval to the fact that it was passed. */
import type { Stage } from '../domain/stage.ts';
import type { SwitchRun } from './run.ts';
import { approval, pausePoint } from './waits.ts';

/** @param perform returns a note for whoever reads what happened */
export async function stage(
  run: SwitchRun,
  name: Stage,
  perform: (run: SwitchRun) => Promise<string>,
): Promise<void> {
  if (run.state.stagesPassed.includes(name)) return;
  // A stage that a run before this one had entered has its approvals.
  const isEntered = run.state.stage === name && name !== 'preflight';
  if (!isEntered) await approval(run, name);
  await pausePoint(run);
  run.goOn();
  if (!isEntered) run.emit({ type: 'stage-entered', stage: name });
  const note = await perform(run);
  run.goOnUnlessPastNoReturn();
  run.emit({ type: 'stage-passed', stage: name, note });
}
