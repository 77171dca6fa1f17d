/** Ends a switch: writes its evidence pack and records the outcome. A store that is down does not keep a switch open. */
import { CancellationScope, log } from '@temporalio/workflow';
import type { Outcome } from '../domain/state.ts';
import { writes } from './activities.ts';
import type { SwitchRun } from './run.ts';

export async function report(run: SwitchRun, outcome: Outcome): Promise<Outcome> {
  let ended = outcome;
  if (outcome.kind !== 'refused') {
    try {
      const { path } = await CancellationScope.nonCancellable(() =>
        writes.publishReport({
          targets: run.targets,
          plan: run.plan,
          planDigest: run.state.planDigest,
          outcome,
          pages: [],
          events: run.events,
        }),
      );
      ended = { ...outcome, report: path };
    } catch (cause) {
      log.error('the report could not be written', { cause: String(cause) });
    }
  }
  run.emit({ type: 'ended', outcome: ended });
  return ended;
}
