/**
 * Where latencies come from: users (telemetry of the window) and probes (timed by us), each with tfinal and tusable.
 * Invariant: both arms of a source cover the same time; the pre-flip baseline is never compared with the present.
 */
import type { Color } from '../color.ts';
import type { LookInput, Offender, TrafficSlice } from '../gate.ts';
import type { ProbeRun } from '../probe.ts';
import { exactQuantile } from '../stats/index.ts';
import type { LatencyArm, LatencySeries } from './latency-series.ts';
import { isStale, slicesNow } from './traffic.ts';

/** tusable counts as a series of its own when its p95 is at most this share of tfinal's: the service streams. */
const STREAMING = 0.9;

/** One source of latencies. */
export interface Source {
  readonly name: 'users' | 'probes';
  readonly final: LatencySeries;
  readonly usable: LatencySeries;
}

export function usersOf(input: LookInput): Source | null {
  if (input.traffic === null || isStale(input)) return null;
  const arm = (color: Color, values: (slice: TrafficSlice) => readonly number[]): LatencyArm => {
    const slices = slicesNow(input, color);
    const known = slices.every(({ warmBatch, warmMs }) => warmBatch?.length === warmMs.length);
    return {
      ms: joined(slices.map(values)),
      batch: known && slices.length > 0 ? joined(slices.map((slice) => slice.warmBatch ?? [])) : null,
    };
  };
  const final = (slice: TrafficSlice): readonly number[] => slice.warmMs;
  const usable = (slice: TrafficSlice): readonly number[] => slice.warmUsableMs;
  const bare = (given: LatencyArm): LatencyArm => ({ ms: given.ms, batch: null });
  return {
    name: 'users',
    final: { name: 'users', from: arm(input.from, final), to: arm(input.to, final) },
    usable: {
      name: 'users (usable)',
      from: bare(arm(input.from, usable)),
      to: bare(arm(input.to, usable)),
    },
  };
}

export function probesOf(input: LookInput): Source | null {
  if (input.probes === null) return null;
  const arm = (color: Color, value: (ms: NonNullable<ProbeRun['latencyMs']>) => number): LatencyArm => {
    const warm =
      input.probes?.runs.filter((run) => run.color === color && run.error === null && !run.cold) ?? [];
    const timed = warm.flatMap((run) => (run.latencyMs === null ? [] : [{ run, ms: value(run.latencyMs) }]));
    return {
      ms: Float64Array.from(timed, ({ ms }) => ms),
      batch: Float64Array.from(timed, ({ run }) => Math.floor(run.sentAtMs / 60_000)),
    };
  };
  const series = (
    name: string,
    value: (ms: NonNullable<ProbeRun['latencyMs']>) => number,
  ): LatencySeries => ({
    name,
    from: arm(input.from, value),
    to: arm(input.to, value),
  });
  return {
    name: 'probes',
    final: series('probes', (given) => given.tfinal),
    usable: series('probes (usable)', (given) => given.tusable),
  };
}

export function sizeOf(series: LatencySeries): number {
  return Math.min(series.from.ms.length, series.to.ms.length);
}

export function isStreaming({ final, usable }: Source): boolean {
  if (sizeOf(usable) === 0 || 2 * sizeOf(usable) < sizeOf(final)) return false;
  return exactQuantile(usable.from.ms) <= STREAMING * exactQuantile(final.from.ms);
}

/** Routes that are slower on `to`, worst first: where to look. */
export function worstRoutes(input: LookInput): Offender[] {
  const { minSamples, latencyRatio } = input.settings;
  const rows = slicesNow(input, input.to).flatMap((slice) => {
    const other = slicesNow(input, input.from).find(
      (one) => one.region === slice.region && one.route === slice.route,
    );
    if (other === undefined || Math.min(other.warmMs.length, slice.warmMs.length) < minSamples) return [];
    return [
      {
        id: `${slice.region}/${slice.route}`,
        from: exactQuantile(other.warmMs),
        to: exactQuantile(slice.warmMs),
      },
    ];
  });
  return rows
    .filter(({ from, to }) => from > 0 && to > latencyRatio * from)
    .sort((a, b) => b.to / b.from - a.to / a.from || (a.id < b.id ? -1 : 1))
    .map((row) => ({ ...row, why: `p95 ratio ${(row.to / row.from).toFixed(2)}` }));
}

function joined(parts: readonly (readonly number[])[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let next = 0;
  for (const part of parts) {
    out.set(part, next);
    next += part.length;
  }
  return out;
}
