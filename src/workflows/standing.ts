/**
 * What is done about a concern that makes a hold's evidence worthless: somebody else wrote the edge config, or `to` is not what
 * preflight pinned. Afterwards the hold begins its evidence anew.
 */
import type { Concern } from '../domain/concern.ts';
import type { EdgeConfigPatch, WriteMode } from '../domain/edge-config.ts';
import type { Color } from '../domain/color.ts';
import { identityKey } from '../domain/identity.ts';
import { reads } from './activities.ts';
import { writeEdge } from './edge.ts';
import type { SwitchRun } from './run.ts';

export async function settle(run: SwitchRun, concern: Concern): Promise<void> {
  if (concern.kind === 'edge-foreign' || concern.kind === 'edge-weight') await reclaim(run, concern);
  else await accept(run, concern);
}

/** Whoever wrote may have had a reason: a person says whether this switch takes its edge config back. */
async function reclaim(run: SwitchRun, { what }: Concern): Promise<void> {
  const { deadline } = run.plan.onInconclusive;
  const asked = `${what}; approve to write this switch's own config again, or roll back`;
  if ((await run.question(asked, deadline)) === 'overridden') return;
  const standing = await reads.readEdge({ targets: run.targets });
  const generation = standing?.generation ?? 0;
  run.emit({
    type: 'edge-written',
    step: 'found instead',
    desiredPercent: run.state.desiredPercent,
    actualPercent: standing?.weightPercent ?? 0,
    generation,
  });
  await writeEdge(run, { step: `reclaim-${generation + 1}`, patch: asWritten(run) });
}

/** The config as this switch had written it when the present hold began. */
function asWritten(run: SwitchRun): EdgeConfigPatch {
  const { plan, state, salt } = run;
  const { from, to, topology, colors, canary, ramp } = plan;
  const isFlipped = state.frozenMs !== null;
  const modes = (ofFrom: WriteMode): Record<Color, WriteMode> => ({
    blue: 'open',
    green: 'open',
    [from]: ofFrom,
  });
  return {
    salt,
    from,
    to,
    topology,
    weightPercent: state.desiredPercent,
    cohorts: isFlipped ? [] : (ramp[state.rampStep] ?? canary).cohorts,
    writes: modes(isFlipped ? 'read-only' : 'open'),
    producer: isFlipped ? to : from,
    freezeUntilMs: null,
    releases: { blue: colors.blue.release, green: colors.green.release },
  };
}

/** Another release or index of `to`: what was proved before was proved of another one. */
async function accept(run: SwitchRun, { what, now }: Concern): Promise<void> {
  const { onRelease } = run.plan.hold;
  const { to } = run.plan;
  if (onRelease === 'ask') {
    const asked = `${what}; approve to judge it as it is now, from the start of this hold, or roll back`;
    await run.question(asked, run.plan.onInconclusive.deadline);
  }
  const { pinned } = run.state;
  if (now === undefined || pinned === null) return;
  const { identity, releases } = now;
  if (identity !== null && run.expected !== null) run.expected = { ...run.expected, [to]: identity };
  const indexes = identity === null ? pinned[to].indexes : [...pinned[to].indexes, identityKey(identity)];
  const why = onRelease === 'ask' ? `accepted: ${what}` : `as the plan says: ${what}`;
  run.emit({ type: 'pinned', pinned: { ...pinned, [to]: { releases, indexes } }, why });
}
