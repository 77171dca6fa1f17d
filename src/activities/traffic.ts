/** What telemetry says of users' traffic: the window of a look with its sums, and the day before a switch. */
import type { TrafficBlocks, TrafficSums } from '../domain/clusters/index.ts';
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
  const query = { service, fromMs: at.windowStartMs, toMs: at.endedAtMs, regions: input.regions };
  const [window, sums] = await Promise.all([
    telemetry.window(query, signal()),
    readSums(telemetry, input, at),
  ]);
  return { ...window, sums };
}

/** Null before the first whole tick. */
async function readSums(
  telemetry: TelemetryPort,
  input: WatchInput,
  { index, windowStartMs, endedAtMs, baseline, catalogue }: LookedAt,
): Promise<TrafficSums | null> {
  const { everyMs, looks, windowMs, targets, weightPercent, settings } = input;
  const terms = sumsTerms(
    {
      startMs: windowStartMs,
      endMs: endedAtMs,
      holdMs: windowMs ?? everyMs * (looks ?? 1),
      everyMs,
      looks: index,
    },
    { to: targets.to, from: weightPercent === 100 ? null : targets.from, settings, catalogue },
  );
  if (terms === null) return null;
  return telemetry.sums(
    { service: targets.service, regions: input.regions, terms },
    (seen) => sumsLimits(seen, terms, settings, baseline),
    signal(),
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
