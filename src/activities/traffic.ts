/** What telemetry says of users' traffic: the window of a look with its sums, and the day before a switch. */
import {
  dayLengths,
  dayOfFrom,
  inTicks,
  limitsOf,
  lookWindow,
  type SumsTerms,
  type TrafficBlocks,
  type TrafficSums,
} from '../domain/clusters/index.ts';
import type { Baseline, ErrorCatalogue, TrafficWindow } from '../domain/look-input.ts';
import type { Plan } from '../domain/plan.ts';
import type { Targets } from '../domain/targets.ts';
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
  at: LookedAt,
): Promise<TrafficSums | null> {
  const terms = termsOf(input, at);
  if (terms === null || telemetry.sums === undefined) return null;
  const day =
    terms.from === null ? dayOfFrom(at.baseline?.days ?? [], terms, input.settings.history.ignore) : null;
  return telemetry.sums(
    { service: input.targets.service, regions: input.regions, terms },
    (seen) => limitsOf(seen, terms, input.settings.latencyRatio, day),
    signal(),
  );
}

function termsOf(
  input: WatchInput,
  { index, windowStartMs, endedAtMs, catalogue }: LookedAt,
): SumsTerms | null {
  const { everyMs, looks, windowMs, targets, weightPercent, settings } = input;
  const window = lookWindow({
    startMs: windowStartMs,
    endMs: endedAtMs,
    holdMs: windowMs ?? everyMs * (looks ?? 1),
    blockMs: settings.clusters.blockMs,
    everyMs,
    looks: index,
  });
  if (window === null) return null;
  return {
    ...window,
    to: targets.to,
    from: weightPercent === 100 ? null : targets.from,
    sameFailureMs: inTicks(settings.clusters.sameFailureMs, window.grid.tickMs),
    known: Object.keys(catalogue?.classes ?? {}).toSorted(),
    apartBlocks: settings.novelty.apart,
  };
}

/** `from`'s past before the switch, cut as each hold of the plan is cut. */
export async function readDays(
  telemetry: TelemetryPort,
  plan: Plan,
  targets: Targets,
  toMs: number,
): Promise<readonly TrafficBlocks[]> {
  const { canary, ramp, audit, hold, onInconclusive, gates } = plan;
  const { blockMs: wantedMs, sameFailureMs } = gates.clusters;
  const holds = [canary, ...ramp, audit, hold].map(({ forMs }) => forMs);
  const days: TrafficBlocks[] = [];
  const lengths = dayLengths([...holds, onInconclusive.extensionMs], {
    hours: gates.history.hours,
    blockMs: wantedMs,
  });
  for (const { blockMs, tickMs, rangeMs } of lengths) {
    const query = {
      service: targets.service,
      regions: [],
      fromMs: toMs - rangeMs,
      toMs,
      blockMs,
      sameFailureMs: inTicks(sameFailureMs, tickMs),
    };
    if (telemetry.blocks !== undefined) days.push(await telemetry.blocks(targets.from, query, signal()));
  }
  return days;
}
