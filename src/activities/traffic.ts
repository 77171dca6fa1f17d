/** What telemetry says of users' traffic: the window of a look with its sums, and the day before a switch. */
import type {
  SumsTerms,
  TotalsOfLooks,
  TrafficBlocks,
  TrafficSums,
  TrafficTotals,
} from '../domain/clusters/index.ts';
import { sumsLimits, sumsTerms } from '../domain/gates/sums-terms.ts';
import { daysBefore } from '../domain/holds-ahead.ts';
import type { Baseline, ErrorCatalogue, TrafficWindow } from '../domain/look-input.ts';
import type { Plan } from '../domain/plan.ts';
import type { TelemetryPort } from '../ports/index.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';

export interface LookedAt {
  readonly index: number;
  readonly windowStartMs: number;
  readonly endedAtMs: number;
  readonly baseline: Baseline | null;
  readonly catalogue: ErrorCatalogue | null;
}

export async function readTraffic(world: World, input: WatchInput, at: LookedAt): Promise<TrafficWindow> {
  const telemetry = await world.port('telemetry', input.targets);
  const { service } = input.targets;
  const endMs = Math.max(at.windowStartMs, at.endedAtMs - (telemetry.lagMs ?? 0));
  const query = { service, fromMs: at.windowStartMs, toMs: endMs, regions: input.regions };
  const window = telemetry.window(query, signal());
  if (telemetry.totals !== undefined) {
    const [counts, totals] = await Promise.all([window, readTotals(telemetry, input, at, endMs)]);
    return { ...counts, sums: null, ...(totals === null ? {} : { totals }) };
  }
  const [counts, sums] = await Promise.all([window, readSums(telemetry, input, at, endMs)]);
  return { ...counts, sums };
}

/** Null before the first whole tick. */
async function readSums(
  telemetry: TelemetryPort,
  input: WatchInput,
  at: LookedAt,
  endMs: number,
): Promise<TrafficSums | null> {
  const { targets, regions, settings } = input;
  const terms = termsOf(input, at, at.index, endMs);
  if (terms === null) return null;
  return telemetry.sums(
    { service: targets.service, regions, terms },
    (seen) => sumsLimits(seen, terms, settings, at.baseline),
    signal(),
  );
}

/** Null before the first whole tick. */
async function readTotals(
  telemetry: TelemetryPort,
  input: WatchInput,
  at: LookedAt,
  endMs: number,
): Promise<TotalsOfLooks | null> {
  const read = async (index: number, untilMs: number): Promise<TrafficTotals | null> => {
    const terms = index < 1 ? null : termsOf(input, at, index, untilMs);
    const { service } = input.targets;
    return terms === null
      ? null
      : ((await telemetry.totals?.({ service, regions: input.regions, terms }, signal())) ?? null);
  };
  const [now, before] = await Promise.all([read(at.index, endMs), read(at.index - 1, endMs - input.everyMs)]);
  return now === null ? null : { now, before };
}

function termsOf(
  { everyMs, looks, windowMs, targets, weightPercent, settings }: WatchInput,
  { windowStartMs, catalogue }: LookedAt,
  index: number,
  endMs: number,
): SumsTerms | null {
  return sumsTerms(
    {
      startMs: windowStartMs,
      endMs,
      holdMs: windowMs ?? everyMs * (looks ?? 1),
      everyMs,
      looks: index,
    },
    { to: targets.to, from: weightPercent === 100 ? null : targets.from, settings, catalogue },
  );
}

/** `from`'s past before the switch, cut as each hold of the plan is cut. */
export async function readDays(
  telemetry: TelemetryPort,
  plan: Plan,
  toMs: number,
): Promise<readonly TrafficBlocks[]> {
  const days: TrafficBlocks[] = [];
  for (const query of daysBefore(plan, toMs)) {
    days.push(await telemetry.blocks(plan.from, query, signal()));
  }
  return days;
}
