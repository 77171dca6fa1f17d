/**
 * What the gates of a plan could see, hold by hold, from the traffic that is usual: said before a switch, and it decides nothing.
 * Invariant: a pure function of the plan and of what is known; what is not known is stated, and said to be.
 */
import {
  dayFor,
  errorsByBlock,
  isUsable,
  LEAST_WINDOWS,
  MOST_OF_A_DIMENSION,
  outageSeenFrom,
  P,
  quantileBucket,
  slowByBlock,
  sightOf,
  timeUnits,
  usualLatencies,
  usualOf,
  windowsIn,
  type HoldAhead,
  type Slice,
  type TrafficBlocks,
  type UsualTraffic,
} from '../domain/clusters/index.ts';
import { WHOLE_SHARE } from '../domain/gates/breakdown.ts';
import { catastropheLimits } from '../domain/gates/clustered.ts';
import { lookLevels } from '../domain/gates/look-plan.ts';
import { holdsAhead, type PlannedHold } from '../domain/holds-ahead.ts';
import type { Plan } from '../domain/plan.ts';
import type { JudgedStage } from '../domain/stage.ts';
import { countsRequests } from '../providers/registry.ts';

/** What telemetry tells of `from`, before a switch. */
export interface SeenTraffic {
  /** In an hour as usual, both colors together. */
  readonly requestsPerHour: number;
  /** Hours with requests that this is the middle of. */
  readonly hours: number;
  /** Of a user in a usual hour; null where no user is told. */
  readonly requestsPerUser: number | null;
  /** Nearly all lines of a usual hour name their instance, and more than one is there. */
  readonly namesInstances: boolean;
  readonly smallestRegion: { readonly name: string; readonly share: number } | null;
  /** The hours before, cut as the holds are; none where telemetry does not answer them. */
  readonly days: readonly TrafficBlocks[];
}

/** How much a part sees of a fault that is in it alone. */
export interface PartSeen {
  /** Smallest ratio of p95s that fails the hold; null: none. */
  readonly ratio: number | null;
  /** Smallest error rate that fails the hold; null: none. */
  readonly errors: number | null;
}

export interface HoldSeen extends PartSeen {
  readonly step: string;
  readonly stage: JudgedStage;
  readonly forMs: number;
  /** When faults that stand from the hold's start on have failed it, ms; null: not within it. */
  readonly after: {
    readonly half: number | null;
    readonly double: number | null;
    readonly errors: number | null;
  };
  readonly region: (PartSeen & { readonly name: string }) | null;
  /** Requests an hour from which on half of `to`'s requests failing are seen at the first look; null: never. */
  readonly outageFrom: number | null;
  /** What would show the slower and the failing example; null where the hold does; `nothing`: neither a longer one nor shorter blocks. */
  readonly better: { readonly forMs: number } | { readonly blockMs: number } | 'nothing' | null;
  /** Windows as long as the hold in the day of `from`, and as many as make it count. Null: no day was read. */
  readonly windows: { readonly there: number; readonly wanted: number } | null;
}

export interface PlanSight {
  /** What is not known, and so stands for any service. */
  readonly assumed: readonly ('requests' | 'users' | 'errors and latencies')[];
  readonly requestsPerHour: number;
  /** Of a user in an hour. */
  readonly requestsPerUser: number;
  readonly errorRate: number;
  /** The faults that every hold is asked about. */
  readonly example: typeof EXAMPLE;
  /** Name of a telemetry that knows no users: by it alone no hold is failed or passed, so none is told of. Null: it reads lines. */
  readonly countedBy: string | null;
  readonly holds: readonly HoldSeen[];
}

/** A fault that anybody would want to be seen. */
const EXAMPLE = { ratio: 1.5, doubled: 2, errors: 0.02 } as const;
const UNKNOWN = { requestsPerHour: 1000, requestsPerUser: 10, errorRate: 0.005 } as const;
const LONGEST_MS = 4 * 3_600_000;
const LEAST_BLOCK_MS = 180_000;

export function planSight(plan: Plan, seen: SeenTraffic | null): PlanSight {
  const told = usualOf(seen?.days ?? []);
  const isCounted = countsRequests(plan.providers.telemetry.use);
  const traffic: UsualTraffic = {
    requestsPerHour: seen?.requestsPerHour ?? UNKNOWN.requestsPerHour,
    requestsPerUser: seen?.requestsPerUser ?? UNKNOWN.requestsPerUser,
    errorRate: told?.errorRate ?? UNKNOWN.errorRate,
    latencies: told?.latencies ?? usualLatencies(),
  };
  return {
    assumed: [
      ...(seen === null ? (['requests'] as const) : []),
      ...(seen?.requestsPerUser == null ? (['users'] as const) : []),
      ...(told === null ? (['errors and latencies'] as const) : []),
    ],
    requestsPerHour: traffic.requestsPerHour,
    requestsPerUser: traffic.requestsPerUser,
    errorRate: traffic.errorRate,
    example: EXAMPLE,
    countedBy: isCounted ? plan.providers.telemetry.use : null,
    holds: holdsAhead(plan)
      .filter(({ percent, forMs }) => !isCounted && percent > 0 && forMs > 0)
      .map((hold) => holdSeen(plan, hold, traffic, seen)),
  };
}

function holdSeen(plan: Plan, hold: PlannedHold, traffic: UsualTraffic, seen: SeenTraffic | null): HoldSeen {
  const ahead = aheadOf(plan, hold, seen);
  const sight = sightOf(traffic, ahead, whole(plan));
  // A region has no day of its own, and after the flip nothing to be compared with.
  const region = ahead.share < 1 ? (seen?.smallestRegion ?? null) : null;
  const part = region === null ? null : sightOf(traffic, { ...ahead, day: null }, partOf(plan, region.share));
  const day = dayOf(plan, ahead, seen);
  const there = day === null ? null : windowsIn(day.errors, blocksOf(ahead));
  return {
    step: hold.step,
    stage: hold.stage,
    forMs: hold.forMs,
    ratio: sight.smallestRatio(),
    errors: sight.smallestErrorRate(),
    after: {
      half: sight.ratioAfterMs(EXAMPLE.ratio),
      double: sight.ratioAfterMs(EXAMPLE.doubled),
      errors: sight.errorsAfterMs(EXAMPLE.errors),
    },
    region:
      region === null || part === null
        ? null
        : { name: region.name, ratio: part.smallestRatio(), errors: part.smallestErrorRate() },
    outageFrom: isBlindToOutage(plan, ahead) ? null : outageSeenFrom(traffic, ahead),
    better: betterOf(plan, hold, traffic, seen),
    windows: there === null ? null : { there, wanted: LEAST_WINDOWS },
  };
}

function aheadOf(plan: Plan, hold: PlannedHold, seen: SeenTraffic | null): HoldAhead {
  const { gates, onInconclusive } = plan;
  const { forMs, looks } = hold;
  const lookPlan = { looks, extensions: onInconclusive.extensions };
  const ahead: HoldAhead = {
    holdMs: forMs,
    blockMs: gates.clusters.blockMs,
    levels: Array.from(
      { length: looks },
      (_, i) => lookLevels({ index: i + 1, planned: looks, final: i + 1 === looks, plan: lookPlan }).fail,
    ),
    share: hold.percent / 100,
    limits: { ...gates, minUsers: gates.clusters.minUsers },
    catastrophe: catastropheLimits(gates),
    day: null,
    // How many will be ready is not known yet: only instances that are named let a day fail a look early.
    early: gates.history.early === 'auto' && seen?.namesInstances === true,
  };
  const day = dayOf(plan, ahead, seen);
  return day !== null && isUsable(day.errors, blocksOf(ahead)) ? { ...ahead, day } : ahead;
}

/** The day in blocks as long as the hold's. */
function dayOf(plan: Plan, ahead: HoldAhead, seen: SeenTraffic | null): HoldAhead['day'] {
  const grid = { ...timeUnits(ahead.holdMs, ahead.blockMs), ticks: 1 };
  const day = dayFor(seen?.days ?? [], { grid }, plan.gates.history.ignore);
  const told = day === null ? null : usualOf([day]);
  const bucket = told === null ? null : quantileBucket(told.latencies, P);
  if (day === null || bucket === null) return null;
  return { errors: errorsByBlock(day), slow: slowByBlock(day, 'final', bucket) };
}

function blockMsOf({ holdMs, blockMs }: HoldAhead): number {
  const { tickMs, blockTicks } = timeUnits(holdMs, blockMs);
  return tickMs * blockTicks;
}

function blocksOf(ahead: HoldAhead): number {
  return Math.floor(ahead.holdMs / blockMsOf(ahead));
}

/** A longer hold with a look as often, else shorter blocks, that show what this hold does not. */
function betterOf(
  plan: Plan,
  hold: PlannedHold,
  traffic: UsualTraffic,
  seen: SeenTraffic | null,
): HoldSeen['better'] {
  const shows = (given: Plan, as: PlannedHold): boolean => {
    const sight = sightOf(traffic, aheadOf(given, as, seen), whole(plan));
    return sight.ratioAfterMs(EXAMPLE.ratio) !== null && sight.errorsAfterMs(EXAMPLE.errors) !== null;
  };
  if (shows(plan, hold)) return null;
  for (let times = 2; times * hold.forMs <= LONGEST_MS; times *= 2) {
    const forMs = times * hold.forMs;
    if (shows(plan, { ...hold, forMs, looks: times * hold.looks })) return { forMs };
  }
  const clusters = { ...plan.gates.clusters, blockMs: LEAST_BLOCK_MS };
  const shorter = { ...plan, gates: { ...plan.gates, clusters } };
  return clusters.blockMs < plan.gates.clusters.blockMs && shows(shorter, hold)
    ? { blockMs: clusters.blockMs }
    : 'nothing';
}

/** Switched off, or nothing to compare with. */
function isBlindToOutage({ gates }: Plan, { share, day }: HoldAhead): boolean {
  return gates.catastrophe.level === 0 || (share >= 1 && day === null);
}

function whole({ entry }: Plan): Slice {
  // Routes are not known before a switch: one that answers on one route and in one region has the whole level.
  return { traffic: 1, level: entry.length > 1 ? WHOLE_SHARE : 1 };
}

function partOf({ entry }: Plan, traffic: number): Slice {
  // As many routes share the level as are judged at most.
  return { traffic, level: (1 - WHOLE_SHARE) / (entry.length + MOST_OF_A_DIMENSION) };
}
