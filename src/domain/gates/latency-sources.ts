/**
 * Where latencies come from: users (telemetry of the window) and probes (timed by us), each with tfinal and tusable.
 * Invariant: both arms of a source cover the same time; the pre-flip baseline is never compared with the present.
 */
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { exactQuantile } from '../stats/index.ts';
import type { LatencyArm, LatencySeries } from './latency-series.ts';
import { runsOf } from './questions.ts';
import { isStale, slicesNow } from './traffic.ts';

/** tusable counts as a series of its own when its p95 is at most this share of tfinal's: the service streams. */
const STREAMING = 0.9;

/** One source of latencies. */
export interface Source {
  readonly name: 'users' | 'probes';
  readonly final: LatencySeries;
  /** First usable text, read only when it is needed. */
  readonly usable: () => LatencySeries;
}

export function usersOf(input: LookInput): Source | null {
  if (input.traffic === null || isStale(input)) return null;
  const series = (name: string, key: 'warmMs' | 'warmUsableMs'): LatencySeries => {
    const arm = (color: Color): LatencyArm => {
      const slices = slicesNow(input, color);
      const batches = slices.flatMap(({ warmBatch }) => (warmBatch === undefined ? [] : [warmBatch]));
      const ms = joined(slices.map((slice) => slice[key]));
      const batch = batches.length === slices.length ? joined(batches) : null;
      return { ms, batch: batch?.length === ms.length ? batch : null };
    };
    return { name, from: arm(input.from), to: arm(input.to) };
  };
  return {
    name: 'users',
    final: series('users', 'warmMs'),
    usable: () => series('users (usable)', 'warmUsableMs'),
  };
}

export function probesOf(input: LookInput): Source | null {
  if (input.probes === null) return null;
  const series = (name: string, key: 'tfinal' | 'tusable'): LatencySeries => {
    const arm = (color: Color): LatencyArm => {
      const ms: number[] = [];
      const minute: number[] = [];
      for (const run of runsOf(input.probes, color)) {
        if (run.error !== null || run.cold || run.latencyMs === null) continue;
        ms.push(run.latencyMs[key]);
        minute.push(Math.floor(run.sentAtMs / 60_000));
      }
      return { ms, batch: minute };
    };
    return { name, from: arm(input.from), to: arm(input.to) };
  };
  return {
    name: 'probes',
    final: series('probes', 'tfinal'),
    usable: () => series('probes (usable)', 'tusable'),
  };
}

export function sizeOf(series: LatencySeries): number {
  return Math.min(series.from.ms.length, series.to.ms.length);
}

/** tusable as a series of its own, when the service streams. */
export function streamOf({ final, usable: read }: Source): LatencySeries | null {
  const usable = read();
  if (sizeOf(usable) === 0 || 2 * sizeOf(usable) < sizeOf(final)) return null;
  const isEarlier = exactQuantile(usable.from.ms) <= STREAMING * exactQuantile(final.from.ms);
  return isEarlier ? usable : null;
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
