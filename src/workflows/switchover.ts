/** The playbook as a workflow: one line a stage. Whatever goes wrong on the way ends in `rollBack`. */
import {
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
} from '@temporalio/workflow';
import type { FailureType } from '../domain/failure-type.ts';
import type { Outcome } from '../domain/state.ts';
import { installHandlers } from './handlers.ts';
import { checkInput, type SwitchInput } from './input.ts';
import { carry, readyToRenew } from './renewal.ts';
import { report } from './report.ts';
import { rollBack } from './rollback.ts';
import { RollbackCause } from './rollback-cause.ts';
import { deepest } from './failure.ts';
import { stage } from './stage.ts';
import { SwitchRun } from './run.ts';
import { audit } from './stages/audit.ts';
import { caches } from './stages/caches.ts';
import { canary } from './stages/canary.ts';
import { cutover } from './stages/cutover.ts';
import { decommission } from './stages/decommission.ts';
import { peakHold } from './stages/hold.ts';
import { preflight, Refused } from './stages/preflight.ts';
import { ramp } from './stages/ramp.ts';
import { shadow } from './stages/shadow.ts';
import { warmup } from './stages/warmup.ts';

export async function switchover(given: unknown): Promise<Outcome> {
  const input = checkInput(given);
  const run = new SwitchRun(input);
  installHandlers(run);
  const ended = await perform(run);
  if (ended.kind === 'renew') return continueAsNew<typeof switchover>({ ...input, carried: ended.carried });
  // A cancelled switch has rolled back and says so: its result is the outcome, not the cancellation.
  await CancellationScope.nonCancellable(async () => {
    await run.attributesWritten();
    await condition(allHandlersFinished);
  });
  return ended;
}

type Renewal = { readonly kind: 'renew'; readonly carried: NonNullable<SwitchInput['carried']> };

async function perform(run: SwitchRun): Promise<Outcome | Renewal> {
  try {
    const how = await run.forward(
      async () => {
        await stage(run, 'preflight', preflight);
        await stage(run, 'shadow', shadow);
        await stage(run, 'canary', canary);
        await stage(run, 'warmup', warmup);
        await stage(run, 'ramp', ramp);
        await stage(run, 'cutover', cutover);
        await stage(run, 'caches', caches);
        await stage(run, 'audit', audit);
        await stage(run, 'hold', peakHold);
        await stage(run, 'decommission', decommission);
      },
      () => readyToRenew(run),
    );
    if (how === 'renew') return { kind: 'renew', carried: await carry(run) };
    return await report(run, { kind: 'completed', report: null });
  } catch (cause) {
    if (cause instanceof Refused) return report(run, { kind: 'refused', findings: cause.findings });
    if (run.state.pastNoReturn) throw pastNoReturn(cause);
    return rollBack(run, causeOf(run, cause));
  }
}

/** An accepted rollback is the cause, whatever else went wrong in the same moment. */
function causeOf(run: SwitchRun, cause: unknown): RollbackCause {
  const { rollbackAsked } = run.state;
  if (rollbackAsked !== null) {
    return new RollbackCause('operator', `${rollbackAsked.by}: ${rollbackAsked.reason}`);
  }
  if (cause instanceof RollbackCause) return cause;
  if (isCancellation(cause)) return new RollbackCause('cancel', 'the workflow was cancelled');
  // A bug in a stage must not leave users half-way with a workflow that cannot even take a rollback.
  log.error('a stage failed', { stack: cause instanceof Error ? cause.stack : String(cause) });
  return new RollbackCause('failure', deepest(cause));
}

function pastNoReturn(cause: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `decommission did not end; all traffic stays where it is: ${deepest(cause)}`,
    'DecommissionFailed' satisfies FailureType,
  );
}
