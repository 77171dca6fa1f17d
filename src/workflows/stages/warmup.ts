/** Warm capacity before load. If only cold starts are worse, warmth is what to mend, not code. */
import { writes } from '../activities.ts';
import type { SwitchRun } from '../run.ts';
import { register } from '../undo.ts';
import { question } from '../waits.ts';

export async function warmup(run: SwitchRun): Promise<string> {
  if (run.plan.providers.warmup === null) return 'the plan names no warmup provider';
  register(run, 'warmth');
  const { pings, rounds, deadline } = run.plan.warmup;
  for (let attempt = 1; ; attempt += 1) {
    const step = `warmup-${attempt}`;
    const warmed = await writes.warm({ targets: run.targets, step, color: run.plan.to, pings, rounds });
    run.emit({ type: 'warmed', sent: warmed.sent, cold: warmed.cold, failed: warmed.failed });
    if (warmed.flat) return `cold-start panel flat: ${warmed.detail}`;
    const then = 'then approve to warm again, or override to go on';
    const what =
      warmed.failed > 0
        ? `${run.plan.to} could not be warmed: ${warmed.detail}; mend that, ${then}`
        : `${run.plan.to} keeps starting cold (${warmed.detail}); only cold is worse: raise reserved concurrency or memory, ${then}`;
    if ((await question(run, what, deadline)) === 'overridden')
      return `not flat, overridden: ${warmed.detail}`;
  }
}
