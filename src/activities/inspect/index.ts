/** Preflight: looks at everything, changes nothing, and turns what it sees into findings. */
import { pinnedOf } from '../../domain/concern.ts';
import type { Finding } from '../../domain/finding.ts';
import type { Plan } from '../../domain/plan.ts';
import { untold } from '../../domain/untold.ts';
import type { Activities, Inspection } from '../api.ts';
import type { World } from '../world.ts';
import { colorsAsPlanned, fromCanTakeBack, regionsCovered } from './colors.ts';
import {
  clocksAgree,
  defaultColorIsFrom,
  dialectsAgree,
  edgeCanDoPlan,
  edgeTimesFit,
  regionsServeStore,
  usersOnFrom,
  weightOnFrom,
} from './edge.ts';
import { askWorkers, realFleet, type Fleet } from './fleet.ts';
import { expectedIdentities, indexesDeclared } from './indexes.ts';
import { look } from './look.ts';
import {
  cachesDisjoint,
  consumersDisjoint,
  envParity,
  migrationMode,
  secretsOverlap,
  toolLoopsApart,
} from './pair.ts';
import { probesCanJudge, probesFit } from './probes.ts';
import { deadByColor, queuesDuplicated } from './queues.ts';
import { schedulesOnFrom } from './schedules.ts';
import type { Check, Found, Seen } from './seen.ts';

/** In the order in which their findings are shown. */
const CHECKS: readonly Check[] = [
  usersOnFrom,
  edgeCanDoPlan,
  weightOnFrom,
  regionsServeStore,
  edgeTimesFit,
  defaultColorIsFrom,
  dialectsAgree,
  clocksAgree,
  colorsAsPlanned,
  ({ from, writes, providers }, { health }) =>
    untold(health, { from, writes, hasQueue: providers.queue !== null }),
  indexesDeclared,
  envParity,
  secretsOverlap,
  cachesDisjoint,
  toolLoopsApart,
  consumersDisjoint,
  migrationMode,
  regionsCovered,
  queuesDuplicated,
  schedulesOnFrom,
  probesCanJudge,
  probesFit,
  fromCanTakeBack,
];

export function inspectActivities(world: World, fleet: Fleet = realFleet): Pick<Activities, 'inspect'> {
  return {
    async inspect({ plan, targets }) {
      const unshared = await askWorkers(world, plan, targets, fleet);
      const { seen, found } = await look(world, plan, targets);
      const accepted = ({ code }: Found): Pick<Finding, 'accepted'> => ({
        accepted: plan.preflight.accept[code] ?? null,
      });
      return {
        findings: [...unshared, ...found, ...check(plan, seen)].map((one) => ({ ...one, ...accepted(one) })),
        expected: expectedIdentities(plan, seen),
        baseline: seen.baseline?.digest ?? null,
        deadLetters: deadByColor(seen.queue),
        generation: seen.edge?.config?.generation ?? 0,
        pinned: pinnedByColor(seen),
      };
    },
  };
}

function pinnedByColor({ health }: Seen): Inspection['pinned'] {
  const { blue, green } = health;
  return blue === null || green === null ? null : { blue: pinnedOf(blue), green: pinnedOf(green) };
}

/** Everything that is wrong with what was read. */
export function check(plan: Plan, seen: Seen): readonly Found[] {
  return CHECKS.flatMap((one) => [...one(plan, seen)]);
}
