/** Ends a switch: writes its evidence pack and records the outcome. A store that is down does not keep a switch open. */
import { CancellationScope, log } from '@temporalio/workflow';
import type { Outcome } from '../domain/state.ts';
import { writes } from './activities.ts';
import type { SwitchRun } from './run.ts';

/** Events that go into the report's own payload; what came before is stored in pages. */
const MAX_REPORT_BYTES = 256_000;

export async function report(run: SwitchRun, outcome: Outcome): Promise<Outcome> {
  let ended = outcome;
  if (outcome.kind !== 'refused') {
    try {
      const { path } = await CancellationScope.nonCancellable(async () => {
        const { stored, rest } = await run.storeEvents(MAX_REPORT_BYTES);
        const { plan, switchId, state } = run;
        const { planDigest } = state;
        return writes.publishReport({
          plan,
          switchId,
          startedMs: run.targets.startedMs,
          planDigest,
          outcome,
          pages: stored.digests,
          events: rest,
        });
      });
      ended = { ...outcome, report: path };
    } catch (cause) {
      log.error('the report could not be written', { cause: String(cause) });
    }
  }
  run.emit({ type: 'ended', outcome: ended });
  return ended;
}
