/**
 * Counts from metrics that AWS keeps by the minute.
 * Invariant: counts of a minute are added up, so a stretch needs no period of its own; a minute belongs to the stretch that its middle
 * lies in.
 */
import type { z } from 'zod';
import type { Histogram } from '../../domain/clusters/index.ts';
import { msOf } from '../gate-question.ts';
import type { Counted, HistogramSource, Stretches } from '../histogram-telemetry.ts';
import { fromCumulative, ourBuckets } from '../source-buckets.ts';
import type { manifest } from './manifest.ts';
import { pointsOf, type Asks, type Points, type Statistic } from './metrics.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Edges of latencies that ranks are asked for, ms: from 5 ms to a minute, each a fifth over the one before it. */
const EDGES_MS: readonly number[] = Array.from({ length: 53 }, (_, i) =>
  Number((5 * 1.2 ** i).toPrecision(4)),
);

/** What a plan says of its metrics. */
export type Metrics = Pick<
  z.output<(typeof manifest.ports.telemetry)['options']>,
  'namespace' | 'dimensions' | 'requests' | 'failures' | 'latency' | 'latencyUnit' | 'lag'
>;

export function cloudwatchSource(client: Asks, metrics: Metrics): HistogramSource {
  const { namespace, dimensions, requests, failures, latency, latencyUnit, lag } = metrics;
  const edge = (ms: number): number => (latencyUnit === 'ms' ? ms : Number((ms / 1000).toPrecision(4)));
  const timed: readonly Statistic[] =
    latency === undefined
      ? []
      : [
          { metric: latency, stat: 'SampleCount' },
          ...EDGES_MS.map((ms): Statistic => ({ metric: latency, stat: `PR(:${edge(ms)})` })),
        ];
  const failed = failures.map((metric): Statistic => ({ metric, stat: 'Sum' }));

  return {
    name: 'cloudwatch',
    lagMs: msOf(lag, 0),
    byRegion: false,

    async read(color, stretches, { what }, signal) {
      const statistics: Statistic[] = [
        { metric: requests, stat: 'Sum' },
        ...(what === 'requests' ? [] : failed),
        ...(what === 'all' ? timed : []),
      ];
      const { startMs, lengthMs, count } = stretches;
      const isOfHours = lengthMs % HOUR_MS === 0 && startMs % HOUR_MS === 0;
      const periodMs = isOfHours ? HOUR_MS : MINUTE_MS;
      const [all = new Map<number, number>(), ...others] = await pointsOf(
        client,
        statistics,
        {
          namespace,
          dimensions: dimensions[color],
          periodS: periodMs / 1000,
          fromMs: Math.floor(startMs / periodMs) * periodMs,
          toMs: Math.ceil((startMs + count * lengthMs) / periodMs) * periodMs,
        },
        signal,
      );
      const errors = what === 'requests' ? [] : others.slice(0, failed.length);
      const [sizes, ...ranks] = what === 'all' ? others.slice(failed.length) : [];
      const wrong = errors.map((points) => byStretch(points, stretches, periodMs));
      const latencies = sizes === undefined ? null : histogramsOf(sizes, ranks, stretches, periodMs);
      return byStretch(all, stretches, periodMs).map((minutes, i): Counted | null => {
        if (minutes.length === 0) return null;
        const n = Math.round(sum(minutes));
        const bad = Math.round(sum(wrong.flatMap((one) => one[i] ?? [])));
        return { requests: n, failures: Math.min(n, bad), latencies: latencies?.[i] ?? ourBuckets([]) };
      });
    },
  };
}

/** Values of the periods whose middle lies in each stretch. */
function byStretch(points: Points, { startMs, lengthMs, count }: Stretches, periodMs: number): number[][] {
  const values: number[][] = Array.from({ length: count }, () => []);
  for (const [atMs, value] of points) {
    values[Math.floor((atMs + periodMs / 2 - startMs) / lengthMs)]?.push(value);
  }
  return values;
}

/** A rank is the percentage of a period's latencies up to an edge; with their number it is a count, and counts add up. */
function histogramsOf(
  sizes: Points,
  ranks: readonly Points[],
  stretches: Stretches,
  periodMs: number,
): Histogram[] {
  const upTo = ranks.map((points) => {
    const counts = [...points].map(([atMs, percent]): [number, number] => [
      atMs,
      (percent / 100) * (sizes.get(atMs) ?? 0),
    ]);
    return byStretch(new Map(counts), stretches, periodMs).map(sum);
  });
  // A metric that was put as statistics has no ranks: its latencies are unknown, and none is slower than the last edge.
  const ranked = new Map([...sizes].filter(([atMs]) => ranks.some((points) => points.has(atMs))));
  return byStretch(ranked, stretches, periodMs).map((minutes, i) =>
    ourBuckets(
      fromCumulative([
        ...upTo.map((counts, at) => ({ upperMs: EDGES_MS[at] ?? 0, count: counts[i] ?? 0 })),
        { upperMs: Infinity, count: sum(minutes) },
      ]),
    ),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
