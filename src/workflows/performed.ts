/** A step of a rollback, performed until it is done: said aloud when it is stuck, given up when it is optional or an operator says so. */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { SwitchRun } from './run.ts';
import type { Undo } from './undo.ts';

/** A step that takes longer than this is reported as stuck; it goes on all the same. */
const STUCK_AFTER_MS = 2 * 60_000;
/** Moving a million jobs takes minutes and is not stuck. */
const JOBS_STUCK_AFTER_MS = 15 * 60_000;

/** Steps that only spare cost or speed are given up after this; users and jobs never are, except by an operator. */
const OPTIONAL_STEP_MS = 10 * 60_000;
const OPTIONAL: ReadonlySet<string> = new Set<Undo>(['caches', 'warmth']);

/** One step until it is done, however long that takes. Says when it is stuck. */
export async function untilDone<T>(run: SwitchRun, undo: Undo, perform: () => Promise<T>): Promise<T> {
  const alarm = alarmed(run, undo);
  try {
    return await perform();
  } finally {
    alarm.cancel();
  }
}

/** One step until it is done. Says when it is stuck; ends without it when it is optional and takes too long, or when it is skipped. */
export async function performed(
  run: SwitchRun,
  undo: string,
  perform: () => Promise<string | void>,
  left: string[],
): Promise<string> {
  const doing = new CancellationScope();
  const alarm = alarmed(run, undo);
  const givenUp = (): string | null => {
    const skipped = run.state.rollback?.skipped.find((one) => one.undo === undo);
    return skipped === undefined ? null : `${undo}: skipped by ${skipped.by}: ${skipped.reason}`;
  };
  const done = doing.run(perform).then((value) => ({ value }));
  // Given up, nobody listens any more.
  done.catch(() => undefined);
  try {
    const ended = await Promise.race([
      done,
      alarm.run(() => condition(() => givenUp() !== null)),
      ...(OPTIONAL.has(undo)
        ? [alarm.run(() => sleep(OPTIONAL_STEP_MS, { summary: `${undo} is given up after this` }))]
        : []),
    ]);
    if (typeof ended === 'object' && 'value' in ended) return ended.value ?? '';
    const why = givenUp() ?? `${undo}: given up after ${OPTIONAL_STEP_MS / 60_000} minutes`;
    left.push(why);
    return why;
  } finally {
    alarm.cancel();
    doing.cancel();
  }
}

/** A scope to be cancelled when the step is done. */
function alarmed(run: SwitchRun, undo: string): CancellationScope {
  const alarm = new CancellationScope();
  alarm.run(() => raiseAlarm(run, undo)).catch(() => undefined);
  return alarm;
}

async function raiseAlarm(run: SwitchRun, undo: string): Promise<void> {
  for (let afterMs = undo === 'jobs' ? JOBS_STUCK_AFTER_MS : STUCK_AFTER_MS; ; afterMs *= 4) {
    await sleep(afterMs, { summary: `rollback of ${undo} is stuck after this` });
    run.emit({ type: 'rollback-stuck', undo, sinceMs: Date.now() - afterMs });
    const skip = undo === 'traffic' ? '' : ' To go on without it: override --hold with a reason.';
    await run.tell(
      'error',
      `ROLLBACK STUCK: ${undo}`,
      `It keeps trying. Look at the pending activity's last failure.${skip}`,
    );
  }
}
