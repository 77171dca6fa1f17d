/**
 * A client of CloudWatch whose answers follow the documentation of its statistics and of GetMetricData: periods begin on their own
 * multiples, a period without data has no point, a percentile rank is the percentage of values at or under its bound, and what does not
 * fit into one answer comes on further pages. Made from lines; nothing here was recorded from AWS.
 */
import type { GetMetricDataCommand, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { BUILT_IN_RULE, isServerError, type CountedLine } from '../../src/domain/clusters/index.ts';
import type { Asks } from '../../src/providers/cloudwatch/metrics.ts';

/** Points on a page. */
const PAGE = 1000;

/** What its metrics are called; those of a color have its name in the dimension `Color`. */
export const METRICS = {
  namespace: 'Test/Docs',
  dimensions: { blue: { Color: 'blue' }, green: { Color: 'green' } },
  requests: 'Requests',
  failures: ['Failures'],
  latency: 'Latency',
  latencyUnit: 's',
  lag: '3m',
} as const;

export interface DocumentedCloudwatch extends Asks {
  /** Queries of each call. */
  readonly asked: (readonly MetricDataQuery[])[];
}

export function documentedCloudwatch(lines: readonly CountedLine[]): DocumentedCloudwatch {
  const asked: (readonly MetricDataQuery[])[] = [];
  const kept = new Map<string, Periods>();
  const periodsOf = (metric: string, color: string, periodMs: number): Periods => {
    const key = `${metric} ${color} ${periodMs}`;
    const periods = kept.get(key) ?? periodsIn(lines, metric, color, periodMs);
    kept.set(key, periods);
    return periods;
  };
  return {
    asked,
    send: async ({ input }: GetMetricDataCommand) => {
      const { MetricDataQueries = [], StartTime, EndTime, NextToken } = input;
      asked.push(MetricDataQueries);
      const [fromMs, toMs] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0];
      const points = MetricDataQueries.flatMap(({ Id: id = '', MetricStat }): Point[] => {
        const { Metric, Period = 60, Stat = '' } = MetricStat ?? {};
        const color = Metric?.Dimensions?.find(({ Name }) => Name === 'Color')?.Value ?? '';
        return [...periodsOf(Metric?.MetricName ?? '', color, 1000 * Period)].flatMap(([atMs, values]) =>
          atMs < fromMs || atMs >= toMs ? [] : [{ id, atMs, value: statOf(Stat, values) }],
        );
      });
      const from = Number(NextToken ?? 0);
      const results = new Map<string, MetricDataResult & { Timestamps: Date[]; Values: number[] }>();
      for (const { id, atMs, value } of points.slice(from, from + PAGE)) {
        const result = results.get(id) ?? {
          Id: id,
          Timestamps: [],
          Values: [],
          StatusCode: 'PartialData' as const,
        };
        result.Timestamps.push(new Date(atMs));
        result.Values.push(value);
        results.set(id, result);
      }
      const isMore = from + PAGE < points.length;
      return {
        MetricDataResults: [...results.values()],
        ...(isMore ? { NextToken: String(from + PAGE) } : {}),
      };
    },
  };
}

/** Values by start of the period, epoch ms. */
type Periods = ReadonlyMap<number, readonly number[]>;

interface Point {
  readonly id: string;
  readonly atMs: number;
  readonly value: number;
}

function periodsIn(lines: readonly CountedLine[], metric: string, color: string, periodMs: number): Periods {
  const periods = new Map<number, number[]>();
  for (const line of lines) {
    const value = line.color === color ? valueOf(line, metric) : null;
    if (value === null) continue;
    const atMs = Math.floor(line.atMs / periodMs) * periodMs;
    const values = periods.get(atMs);
    if (values === undefined) periods.set(atMs, [value]);
    else values.push(value);
  }
  return periods;
}

function valueOf({ ok, error, tfinalMs }: CountedLine, metric: string): number | null {
  switch (metric) {
    case METRICS.requests:
      return 1;
    case METRICS.failures[0]:
      return error !== null && isServerError(error, BUILT_IN_RULE) ? 1 : null;
    case METRICS.latency:
      return ok ? tfinalMs / 1000 : null;
    default:
      return null;
  }
}

function statOf(stat: string, values: readonly number[]): number {
  if (stat === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  if (stat === 'SampleCount') return values.length;
  const bound = Number(/^PR\(:([0-9.]+)\)$/.exec(stat)?.[1] ?? Number.NaN);
  return (100 * values.filter((value) => value <= bound).length) / values.length;
}
