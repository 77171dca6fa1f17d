/** One unbroken green peak hour with everybody on `to`. Any red restarts the clock or rolls back, as the plan says. */
import { reads } from '../activities.ts';
import { hold } from '../holds.ts';
import { RollbackCause } from '../rollback-cause.ts';
import type { SwitchRun } from '../run.ts';

export async function peakHold(run: SwitchRun): Promise<string> {
  for (let restarts = 0; ; restarts += 1) {
    const { forMs, looks, peak, onRed, restarts: allowed } = run.plan.hold;
    try {
      let why = 'any hour';
      const begin = async (): Promise<void> => {
        if (peak !== null) why = await untilPeak(run);
      };
      await hold(run, { step: 'hold', gates: 'hold', forMs, looks, begin });
      return `one whole green hour (${why}), ${restarts} restart(s)`;
    } catch (cause) {
      const isRed = cause instanceof RollbackCause && cause.trigger === 'gate';
      if (!isRed || onRed === 'rollback' || restarts >= allowed) throw cause;
      run.emit({
        type: 'note',
        text: `red: ${cause.message}; the clock starts anew (${restarts + 1} of ${allowed})`,
      });
    }
  }
}

async function untilPeak(run: SwitchRun): Promise<string> {
  const { peak, forMs } = run.plan.hold;
  const notBeforeMs = Date.now();
  const window = await reads.peakWindow({ targets: run.targets, peak, forMs, notBeforeMs });
  const afterMs = window.startMs - Date.now();
  if (afterMs > 0) {
    const what = `the peak hour at ${new Date(window.startMs).toISOString()} (${window.why})`;
    await run.wait({ kind: 'peak', what }, () => false, { afterMs, then: 'proceed' });
  }
  return window.why;
}
