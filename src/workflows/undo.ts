/**
 * The undo register. A stage registers the inverse before it attempts an effect, since an effect may have happened though its
 * call failed. Rollback performs what is registered, users first, each until done.
 */
import { describeWaiting, waitingTotal } from '../domain/jobs.ts';
import type { SwitchRun } from './run.ts';
import { rollbackExtras, rollbackWatches } from './activities.ts';
import { reopenTables } from './table-fence.ts';

/** In the order rollback performs them: users never wait for jobs, caches or warmth, and their writes for no jobs. */
export const UNDO_ORDER = ['traffic', 'fence', 'jobs', 'caches', 'warmth'] as const;

export type Undo = (typeof UNDO_ORDER)[number];

export function register(run: SwitchRun, undo: Undo): void {
  if (!run.state.undo.includes(undo)) run.emit({ type: 'undo-registered', undo });
}

/** Adds to `left` what it could not bring back. */
type UndoStep = (run: SwitchRun, left: string[]) => Promise<string>;

/** What this plan can have done at all: where it names no queue there are no jobs to bring back. */
export function undoable({ plan }: SwitchRun): readonly Undo[] {
  const { fence, queue, cache, warmup } = plan.providers;
  const absent = {
    traffic: false,
    fence: fence === undefined,
    jobs: queue === null,
    caches: cache === null,
    warmth: warmup === null,
  };
  return UNDO_ORDER.filter((undo) => !absent[undo]);
}

/** Everything but traffic, which `rollback.ts` does first and by itself. */
export const UNDO: Readonly<Record<Exclude<Undo, 'traffic'>, UndoStep>> = {
  fence: reopenTables,
  async jobs(run, left) {
    const { from, to } = run.plan;
    if (run.plan.providers.queue === null) return 'no queue';
    const { quietMs, freezeMs } = run.plan.cutover;
    const {
      moved,
      left: still,
      refused,
    } = await rollbackWatches.moveJobs({
      targets: run.targets,
      step: 'rollback-jobs',
      from: to,
      to: from,
      quietMs,
      // What `to`'s consumers hold they finish themselves, under the same done-ledger, or let go for us to move.
      budgetMs: Math.max(freezeMs, quietMs * 3),
    });
    const back = `${moved} jobs moved back to ${from}`;
    if (waitingTotal(still) === 0) return `${back}; ${to}'s queue is empty`;
    const stays = `${to}'s queue still holds ${describeWaiting(still)}${refused === null ? '' : `: ${refused}`}`;
    left.push(stays);
    await run.tell('error', `Jobs stay in ${to}'s queue`, `${back}; ${stays}`);
    return `${back}; ${stays}`;
  },
  async caches(run) {
    const { primed } = await rollbackExtras.primeCache({
      targets: run.targets,
      step: 'rollback-prime',
      color: run.plan.from,
      popular: run.plan.caches.popular,
    });
    return `${primed} popular keys primed on ${run.plan.from}`;
  },
  async warmth(run) {
    await rollbackExtras.releaseWarmth({ targets: run.targets, step: 'rollback-warmth', color: run.plan.to });
    return `warm capacity of ${run.plan.to} released`;
  },
};
