/**
 * What the gates on users' traffic share: when and at which levels a look is judged, which day stands beside it, and what a record keeps.
 * Invariant: a day is used only where it is cut as the hold is and long enough; regions and routes have none.
 */
import {
  CATASTROPHE,
  dayFor,
  isServerError,
  isUsable,
  namesInstances,
  total,
  type Arms,
  type CatastropheLimits,
  type ClusterRuling,
  type DayBlocks,
  type LookTerms,
  type SumsTerms,
  type TrafficBlocks,
  type Trials,
} from '../clusters/index.ts';
import type { GateSettings } from '../gate.ts';
import type { GateClusters } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import type { LookLevels } from './look-plan.ts';

/** @param level of a FAIL; PASS is asked at every look, since `atEnd` says when it counts */
export function lookTerms(
  { settings }: LookInput,
  { grid, holdMs }: SumsTerms,
  levels: Pick<LookLevels, 'fail' | 'pass'>,
  early: boolean,
): LookTerms {
  const { minSamples, clusters, catastrophe } = settings;
  return {
    grid,
    holdMs,
    alpha: levels.fail,
    passAlpha: levels.pass,
    minSamples,
    minUsers: clusters.minUsers,
    early,
    catastrophe: catastropheLimits({ catastrophe, clusters }),
  };
}

/** What is too bad to wait for, by the settings in force. */
export function catastropheLimits({
  catastrophe,
  clusters,
}: Pick<GateSettings, 'catastrophe' | 'clusters'>): CatastropheLimits {
  return { ...catastrophe, users: Math.max(CATASTROPHE.users, clusters.minUsers) };
}

/** Whole blocks that a hold has. */
export function blocksOfHold({ grid, holdMs }: Pick<SumsTerms, 'grid' | 'holdMs'>): number {
  // A rounding of the division must not cost a block.
  return Math.max(1, Math.floor(holdMs / (grid.tickMs * grid.blockTicks) + 1e-9));
}

/** The day of `from` that is cut as the hold is; null where none was stored. */
export function dayBeside({ baseline, settings }: LookInput, terms: SumsTerms): TrafficBlocks | null {
  return dayFor(baseline?.days ?? [], terms, settings.history.ignore);
}

/** A day's blocks where it has enough of them for this hold. */
export function usable(blocks: DayBlocks | null, terms: SumsTerms): DayBlocks | null {
  return blocks !== null && isUsable(blocks, blocksOfHold(terms)) ? blocks : null;
}

/** Trials and server errors of `from` before the switch: of a day too short to be used, else of the baseline. */
export function seenBefore(
  { baseline, from, settings }: LookInput,
  day: DayBlocks | null,
): { readonly trials: number; readonly events: number } {
  const blocks = (day ?? []).filter((block) => block !== null);
  const trials = total(blocks.map((block) => block.trials));
  if (trials >= settings.minSamples) return { trials, events: total(blocks.map((block) => block.events)) };
  const slices = baseline?.traffic?.slices.filter(({ color }) => color === from) ?? [];
  return {
    trials: total(slices.map(({ requests }) => requests)),
    events: total(
      slices.flatMap(({ errors }) =>
        Object.entries(errors).map(([name, count]) =>
          isServerError(name, settings.serverErrors) ? count : 0,
        ),
      ),
    ),
  };
}

/**
 * Whether a day may fail a look early: where both arms name their instances, or both colors have as many ready, so that a few which
 * wander do not look like all of the many that the day was measured with.
 */
export function mayBeEarly(
  { settings, ready }: LookInput,
  day: DayBlocks | null,
  { to, from }: Arms<{ readonly trials: Trials }>,
): boolean {
  return (
    settings.history.early === 'auto' &&
    day !== null &&
    from !== null &&
    ((namesInstances(to.trials) && namesInstances(from.trials)) || isEqual(ready))
  );
}

function isEqual(ready: LookInput['ready']): boolean {
  return ready !== undefined && ready.blue > 0 && ready.blue === ready.green;
}

/** What a record keeps of a ruling. @param seen distinct users of `to` */
export function clustersOf(ruling: ClusterRuling, { grid }: LookTerms, seen: number): GateClusters {
  const { users, moments, failedBy, stoppedBy } = ruling;
  return {
    failedBy,
    stoppedBy,
    designEffect: { to: users.to.designEffect, from: users.from.designEffect },
    users: { seen, affected: users.affected },
    p: users.p,
    effect: moments?.effect ?? null,
    need: moments?.need ?? null,
    scatter: moments?.scatter ?? null,
    decidedBy: moments === null || moments.scatter === null ? null : moments.decidedBy,
    blocks: Math.floor(grid.ticks / grid.blockTicks),
    blockMs: grid.tickMs * grid.blockTicks,
    tickMs: grid.tickMs,
  };
}
