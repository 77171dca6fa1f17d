/** Empties the user-facing keys of `from`'s prefix (an acknowledgement is not completion) and primes `to` with the popular ones. */
import { writes } from '../activities.ts';
import { hold } from '../holds.ts';
import type { SwitchRun } from '../run.ts';
import { reclaimed } from '../standing.ts';
import { register } from '../undo.ts';
import { question } from '../waits.ts';

export async function caches(run: SwitchRun): Promise<string> {
  if (run.plan.providers.cache === null) return 'the plan names no cache provider';
  register(run, 'caches');
  const { popular, deadline } = run.plan.caches;
  let primed = 0;
  for (let attempt = 1; ; attempt += 1) {
    await reclaimed(run, 'before the purge');
    const moved = await writes.moveCaches({ targets: run.targets, step: `caches-${attempt}`, popular });
    primed = moved.primed;
    run.emit({ type: 'cache-moved', purged: moved.purged, primed: moved.primed, failed: moved.failed });
    const { generation, weightPercent: actualPercent } = moved;
    // The purge raised the epoch in the edge config: a generation more, of whatever stood there.
    if (generation !== null)
      run.emit({ type: 'edge-read', step: 'after the purge', actualPercent, generation });
    if (moved.stillCached === 0) break;
    const what = `${moved.stillCached} keys of ${run.plan.from}'s namespace are still cached; approve to purge again`;
    if ((await question(run, what, deadline)) === 'overridden') break;
  }
  const { forMs } = run.plan.audit;
  await hold(run, { step: 'caches', gates: 'caches', forMs, looks: 1, rounds: 0 });
  return `${primed} popular keys primed on ${run.plan.to}`;
}
