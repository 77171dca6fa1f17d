/**
 * What telemetry tells of a service before a switch. Invariant: reads only, and within a time that somebody waits for; whatever it
 * cannot tell is unknown, never a fault of the command that asked.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { namesInstances, type PartLimits, type TrafficBlocks } from '../domain/clusters/index.ts';
import { sumsTerms } from '../domain/gates/sums-terms.ts';
import { daysBefore } from '../domain/holds-ahead.ts';
import type { Plan } from '../domain/plan.ts';
import { redact } from '../domain/redact.ts';
import { gapOf, unreadable } from '../domain/unread.ts';
import type { SeenTraffic } from '../plan/sight.ts';
import type { TelemetryPort } from '../ports/index.ts';
import { closePorts, openPort } from '../providers/open.ts';
import { scopeOf } from '../providers/service-env.ts';

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;
const WEEK_MS = 7 * 24 * HOUR_MS;
const PATIENCE_MS = 30_000;
const NOTHING_TIMED: PartLimits = { part: null, final: null, usable: null, weights: null };

export type Known =
  | { readonly traffic: SeenTraffic; readonly source: string }
  | {
      readonly traffic: null;
      readonly source: string;
      /** Lines are there and cannot be read: no gate on users' traffic would pass. */
      readonly isBroken?: true;
    };

export async function knownTraffic(plan: Plan, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Known> {
  const scope = scopeOf(plan, env);
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const late = sleep(PATIENCE_MS, null, { signal, ref: false }).then(() => {
    throw new Error(`telemetry did not answer within ${PATIENCE_MS / 1000} s`);
  });
  try {
    const read = async (): Promise<Known> =>
      readTraffic(plan, await openPort('telemetry', plan.providers.telemetry, scope), within);
    return await Promise.race([read(), late]);
  } catch (cause) {
    signal.throwIfAborted();
    const [why = ''] = redact(cause instanceof Error ? cause.message : String(cause)).split('\n');
    return { traffic: null, source: why };
  } finally {
    late.catch(() => undefined);
    await closePorts(scope);
  }
}

async function readTraffic(plan: Plan, port: TelemetryPort, signal: AbortSignal): Promise<Known> {
  const toMs = Date.now() - (port.lagMs ?? 0);
  const query = { service: plan.service, fromMs: toMs - WEEK_MS, toMs, regions: [] };
  const now = await port.window({ ...query, fromMs: toMs - QUARTER_MS }, signal);
  const broken = unreadable(now) ?? gapOf(now);
  if (broken !== null) return { traffic: null, source: broken, isBroken: true };
  const hours = (await port.hourly(query, signal)).filter(({ requests }) => requests > 0);
  if (hours.length === 0) return { traffic: null, source: 'telemetry holds no request of the last 7 days' };
  const days = await daysOf(plan, port, toMs, signal);
  const smallestRegion = await smallest(plan, port, query, signal);
  const requestsPerHour = middle(hours.map(({ requests }) => requests));
  const usual = hours.findLast(({ requests }) => requests === requestsPerHour);
  return {
    traffic: {
      requestsPerHour,
      hours: hours.length,
      requestsPerUser: usual === undefined ? null : await perUser(plan, port, usual.hourMs, signal),
      namesInstances: usual !== undefined && (await doNameInstances(plan, port, usual.hourMs, signal)),
      smallestRegion,
      days,
    },
    source: `From ${hours.length} hours of the last 7 days`,
  };
}

/** In one hour: users come back, so that a longer one would count fewer of them. */
async function perUser(
  plan: Plan,
  port: TelemetryPort,
  hourMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const query = { service: plan.service, fromMs: hourMs, toMs: hourMs + HOUR_MS, regions: [] };
  const { requests, users } = await port.catalogue(plan.from, query, signal);
  return users === 0 ? null : requests / users;
}

/** Of a source that knows no users nobody can tell. */
async function doNameInstances(
  { service, from, gates }: Plan,
  port: TelemetryPort,
  hourMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const window = { startMs: hourMs, endMs: hourMs + HOUR_MS, holdMs: HOUR_MS, everyMs: HOUR_MS, looks: 1 };
  const terms = sumsTerms(window, { to: from, from: null, settings: gates, catalogue: null });
  if (terms === null || port.totals !== undefined) return false;
  const query = { service, regions: [], terms };
  const { parts } = await port.sums(query, () => [NOTHING_TIMED], signal);
  return parts.some(({ part, errors }) => part === null && namesInstances(errors.arms.to.trials));
}

/** As preflight will store them. */
async function daysOf(
  plan: Plan,
  port: TelemetryPort,
  toMs: number,
  signal: AbortSignal,
): Promise<TrafficBlocks[]> {
  const days: TrafficBlocks[] = [];
  for (const query of daysBefore(plan, toMs)) days.push(await port.blocks(plan.from, query, signal));
  return days;
}

/** By requests; null with one region, or with one that nobody asks. */
async function smallest(
  plan: Plan,
  port: TelemetryPort,
  query: { readonly service: string; readonly fromMs: number; readonly toMs: number },
  signal: AbortSignal,
): Promise<SeenTraffic['smallestRegion']> {
  const regions: { name: string; requests: number }[] = [];
  if (plan.entry.length < 2) return null;
  for (const { region } of plan.entry) {
    const hours = await port.hourly({ ...query, regions: [region] }, signal);
    regions.push({ name: region, requests: hours.reduce((sum, one) => sum + one.requests, 0) });
  }
  const there = regions.filter(({ requests }) => requests > 0).toSorted((a, b) => a.requests - b.requests);
  const total = there.reduce((sum, { requests }) => sum + requests, 0);
  const [least] = there;
  return least === undefined || there.length < 2 ? null : { name: least.name, share: least.requests / total };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
