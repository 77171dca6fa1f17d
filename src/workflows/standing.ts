/**
 * What is done about a concern that makes a hold's evidence worthless: somebody else wrote the edge config, or `to` is not what
 * preflight pinned. Afterwards the hold begins its evidence anew.
 */
import type { Concern } from '../domain/concern.ts';
import { identityKey } from '../domain/identity.ts';
import { patched } from '@temporalio/workflow';
import { drift, readEdge, reassert, wentBack } from './edge.ts';
import type { SwitchRun } from './run.ts';
import { question } from './waits.ts';

export async function settle(run: SwitchRun, concern: Concern): Promise<void> {
  if (concern.kind === 'edge-lost') await writeAnew(run, concern);
  else if (concern.kind === 'edge-foreign' || concern.kind === 'edge-weight') await reclaim(run, concern);
  else await accept(run, concern);
}

/**
 * Before a write that carries over whatever stands at the edge, as a purge does: it would put this switch's name under what somebody
 * else wrote, and nobody would see that any more.
 */
export async function reclaimed(run: SwitchRun, step: string): Promise<void> {
  for (;;) {
    const standing = await readEdge(run, step);
    if (wentBack(run, standing) && patched('lost-is-written-anew')) {
      await writeAnew(run, { what: 'the store went back to an older generation' });
      return;
    }
    const what = drift(run, standing);
    if (what === null || !(await reclaim(run, { what }))) return;
  }
}

/** Nobody meant a write to be lost, so nobody is asked; what a stale answer only seemed to say is not written. */
async function writeAnew(run: SwitchRun, { what }: Pick<Concern, 'what'>): Promise<void> {
  const newest = run.state.newestGeneration ?? 0;
  const standing = await readEdge(run, 'found to be lost', newest);
  if (!wentBack(run, standing)) return;
  run.emit({ type: 'note', text: `${what}: written anew` });
  await reassert(run, `written-anew-${newest + 1}`);
}

/**
 * Whoever wrote may have had a reason: a person says whether this switch takes its edge config back.
 * @returns false when it is left as it stands
 */
async function reclaim(run: SwitchRun, { what }: Pick<Concern, 'what'>): Promise<boolean> {
  const { deadline } = run.plan.onInconclusive;
  const asked = `${what}; approve to write this switch's own config again, or roll back`;
  if ((await question(run, asked, deadline)) === 'overridden') return false;
  // Read after the answer: what stood when the question was asked may be hours old.
  const standing = await readEdge(run, 'found instead of ours');
  await reassert(run, `reclaim-${(standing?.generation ?? 0) + 1}`);
  return true;
}

/** Another release or index of `to`: what was proved before was proved of another one. */
async function accept(run: SwitchRun, { what, now }: Concern): Promise<void> {
  const { onRelease } = run.plan.hold;
  const { to } = run.plan;
  if (onRelease === 'ask') {
    const asked = `${what}; approve to judge it as it is now, from the start of this hold, or roll back`;
    await question(run, asked, run.plan.onInconclusive.deadline);
  }
  const { pinned } = run.state;
  if (now === undefined || pinned === null) return;
  const { identity, releases } = now;
  if (identity !== null && run.expected !== null) run.expected = { ...run.expected, [to]: identity };
  const indexes = identity === null ? pinned[to].indexes : [...pinned[to].indexes, identityKey(identity)];
  const why = onRelease === 'ask' ? `accepted: ${what}` : `as the plan says: ${what}`;
  run.emit({ type: 'pinned', pinned: { ...pinned, [to]: { releases, indexes } }, why });
}
