/**
 * Telemetry from counters and histograms of a Prometheus: requests, server errors and latencies by color, and no users.
 * Invariant: each stretch is one `increase` that ends with it, so restarts of a counter are treated as Prometheus treats them, and the
 * same stretch asked again gives the same answer. What is incomplete by its own word is an error.
 */
import type { Histogram } from '../../domain/clusters/index.ts';
import type { Color } from '../../domain/color.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import type { ProviderScope, TelemetryPort } from '../../ports/index.ts';
import { fillHeaders } from '../../ports/secrets.ts';
import { msOf } from '../gate-question.ts';
import {
  histogramTelemetry,
  type Counted,
  type HistogramSource,
  type Stretches,
} from '../histogram-telemetry.ts';
import { parseOptions } from '../options.ts';
import { fromCumulative, ourBuckets, type SourceBucket } from '../source-buckets.ts';
import { manifest, type PrometheusTelemetryOptions } from './manifest.ts';
import { fillQuery } from './placeholders.ts';
import { queryRange, type QueryTarget, type RangeSeries } from './query.ts';

const TIMEOUT_MS = 30_000;
/** Longest time that repeats of a query may take beyond its first try, ms. */
const REPEAT_MS = 15_000;
/** Stretches of one query at most: an answer with buckets stays well under what is read. */
const AT_ONCE = 40;
const WHOSE = 'telemetry prometheus';

/** What a query gives for each stretch; null where it gives nothing. */
type Answers<T> = readonly (T | null)[];

/** @throws UserError when an option is wrong, or a header names a variable that is not set */
export function prometheusTelemetry(ref: ProviderRef, scope: ProviderScope): TelemetryPort {
  const options = parseOptions(manifest.ports.telemetry, ref, 'telemetry');
  const headers = fillHeaders(options.headers, scope.env, WHOSE);
  const timeoutMs = msOf(options.timeout, TIMEOUT_MS);
  const target = (signal: AbortSignal | undefined): QueryTarget => ({
    url: options.url,
    headers,
    timeoutMs,
    untilMs: Date.now() + REPEAT_MS,
    signal,
  });
  return histogramTelemetry({
    name: 'prometheus',
    lagMs: msOf(options.lag, 0),
    byRegion: manifest.ports.telemetry.byRegion(options),

    async read(color, stretches, { service, regions, what }, signal) {
      const ask = (query: string, parts: Stretches): Promise<readonly RangeSeries[]> =>
        increases(target(signal), filled(query, { color, service, regions, parts }), parts, options);
      const read: (Counted | null)[] = [];
      for (const parts of inParts(stretches)) {
        const [requests, failures, latencies] = await Promise.all([
          ask(options.requests, parts).then((series) => numbersOf(series, parts, 'requests')),
          what === 'requests'
            ? null
            : ask(options.failures, parts).then((series) => numbersOf(series, parts, 'failures')),
          what !== 'all' || options.latency === undefined
            ? null
            : ask(options.latency, parts).then((series) => histogramsOf(series, parts, options)),
        ]);
        for (let i = 0; i < parts.count; i += 1) {
          read.push(counted(requests[i] ?? null, failures?.[i] ?? null, latencies?.[i] ?? null));
        }
      }
      return read;
    },
  } satisfies HistogramSource);
}

/** A counter of failures that has never counted has no series: no failure, where there are requests. */
function counted(
  requests: number | null,
  failures: number | null,
  latencies: Histogram | null,
): Counted | null {
  if (requests === null) return null;
  // `increase` extrapolates to both ends of a stretch, so its counts are no whole numbers.
  const all = Math.round(requests);
  const failed = Math.min(all, Math.round(failures ?? 0));
  return { requests: all, failures: failed, latencies: latencies ?? ourBuckets([]) };
}

function* inParts({ startMs, lengthMs, count }: Stretches): Generator<Stretches> {
  for (let done = 0; done < count; done += AT_ONCE) {
    yield { startMs: startMs + done * lengthMs, lengthMs, count: Math.min(AT_ONCE, count - done) };
  }
}

/** Whole seconds: PromQL knows no fraction of one. */
function windowS({ lengthMs }: Stretches): number {
  return Math.max(1, Math.round(lengthMs / 1000));
}

function filled(
  query: string,
  asked: {
    readonly color: Color;
    readonly service: string;
    readonly regions: readonly string[];
    readonly parts: Stretches;
  },
): string {
  const { color, service, regions, parts } = asked;
  const escaped = regions.map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\\$&`));
  const values = {
    color,
    window: String(windowS(parts)),
    service,
    regions: regions.length === 0 ? '.*' : escaped.join('|'),
  };
  return fillQuery(query, values, WHOSE);
}

async function increases(
  target: QueryTarget,
  query: string,
  { startMs, lengthMs, count }: Stretches,
  { allowWarnings }: PrometheusTelemetryOptions,
): Promise<readonly RangeSeries[]> {
  const { series, warnings } = await queryRange(target, query, {
    fromMs: startMs + lengthMs,
    toMs: startMs + count * lengthMs,
    stepMs: lengthMs,
  });
  // Older servers put hints on the query among the warnings.
  const serious = warnings.filter((one) => !one.startsWith('PromQL info'));
  if (serious.length > 0 && allowWarnings !== true) {
    throw new ProviderError('retry', 'prometheus', `the answer may be incomplete: ${serious.join('; ')}`);
  }
  return series;
}

/** Which stretch ends at an instant. */
function placeOf(atS: number, { startMs, lengthMs }: Stretches): number {
  return Math.round((1000 * atS - startMs) / lengthMs) - 1;
}

/** What an increase over whole seconds would be over the stretch. */
function scaleOf(parts: Stretches): number {
  return parts.lengthMs / 1000 / windowS(parts);
}

/** @throws ProviderError when there is more than one series, or none of numbers */
function numbersOf(series: readonly RangeSeries[], parts: Stretches, option: string): Answers<number> {
  const read: (number | null)[] = Array.from({ length: parts.count }, () => null);
  const [first, ...others] = series;
  if (first === undefined) return read;
  if (others.length > 0) {
    throw refused(`\`${option}\` gives ${series.length} series; aggregate it to one, e.g. with sum(…)`);
  }
  if (first.histograms.length > 0) throw refused(`\`${option}\` gives histograms; it counts requests`);
  for (const [atS, value] of first.values) {
    if (Number.isFinite(value)) read[placeOf(atS, parts)] = Math.max(0, value) * scaleOf(parts);
  }
  return read;
}

/** A classic histogram is a series for each `le`, a native one a single series of histograms. */
function histogramsOf(
  series: readonly RangeSeries[],
  parts: Stretches,
  { latencyUnit }: PrometheusTelemetryOptions,
): Answers<Histogram> {
  const toMs = latencyUnit === 'ms' ? 1 : 1000;
  const scale = scaleOf(parts);
  const native = series.filter(({ histograms }) => histograms.length > 0);
  if (native.length > 1)
    throw refused(`\`latency\` gives ${native.length} histograms; aggregate them to one, e.g. with sum(…)`);
  const read: (readonly SourceBucket[])[] = Array.from({ length: parts.count }, () => []);
  for (const [atS, buckets] of native[0]?.histograms ?? []) {
    read[placeOf(atS, parts)] = buckets.map(({ lower, upper, count }) => ({
      lowerMs: lower * toMs,
      upperMs: upper * toMs,
      count: count * scale,
    }));
  }
  if (native.length > 0) return read.map(ourBuckets);
  const classic = read.map((): { upperMs: number; count: number }[] => []);
  for (const { labels, values } of series) {
    const edge = edgeOf(labels);
    for (const [atS, value] of values) {
      if (Number.isFinite(value))
        classic[placeOf(atS, parts)]?.push({ upperMs: edge * toMs, count: value * scale });
    }
  }
  return classic.map((cumulative) => ourBuckets(fromCumulative(cumulative)));
}

function edgeOf({ le, ...others }: RangeSeries['labels']): number {
  const edge = le === undefined ? Number.NaN : le === '+Inf' ? Infinity : Number(le);
  if (Number.isNaN(edge)) {
    throw refused(
      '`latency` gives neither native histograms nor series by `le`; for a classic one write sum by (le) (increase(…_bucket{…}[…]))',
    );
  }
  if (Object.keys(others).length > 0) {
    throw refused(
      `\`latency\` gives series by ${Object.keys(others).join(', ')} as well; write sum by (le) (…)`,
    );
  }
  return edge;
}

function refused(message: string): ProviderError {
  return new ProviderError('fatal', 'prometheus', `${WHOSE}: ${message}`);
}
