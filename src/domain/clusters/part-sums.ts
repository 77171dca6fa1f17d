/** The second pass: what the limits ask to add up of a part. */
import { blockOf } from './grid.ts';
import type { Columns, Latencies } from './line-columns.ts';
import type { Lookups } from './lookups.ts';
import { linesThat, mapArms } from './part-lines.ts';
import type { PartHistograms, PartLimits, PartSums, SlowLimits, SumsTerms } from './parts.ts';
import type { SeriesCounter } from './series-counter.ts';
import type { Arms, CacheArm, CacheSums, ErrorSums, LatencyArm, LatencySums, Series } from './sums.ts';

/** The lines of a look, and what counts them. */
export interface Counting {
  readonly columns: Columns;
  readonly lookups: Lookups | null;
  readonly counter: SeriesCounter;
  readonly terms: SumsTerms;
}

export function partSums(
  counting: Counting,
  lines: Arms<Int32Array>,
  seen: PartHistograms,
  { part, final, usable, weights }: PartLimits,
): PartSums {
  const { columns, lookups } = counting;
  return {
    part,
    errors: errorSums(counting, lines),
    final: final === null ? null : latencySums(counting, lines, columns.final, seen.final, final),
    usable: usable === null ? null : latencySums(counting, lines, columns.usable, seen.usable, usable),
    cache:
      weights === null || lookups === null ? null : cacheSums(counting, lookups, lines, seen.strata, weights),
  };
}

function errorSums({ columns, counter, terms }: Counting, lines: Arms<Int32Array>): ErrorSums {
  const { repeats, failure } = columns;
  const counted = mapArms(lines, (arm) => {
    const once = linesThat(arm, (line) => repeats[line] === 0);
    return { once, failed: linesThat(once, (line) => (failure.of[line] ?? -1) >= 0) };
  });
  return {
    grid: terms.grid,
    arms: mapArms(counted, ({ once, failed }): Series => {
      const { trials, events } = counter.count(once, [failed] as const);
      return { trials, events: events[0] };
    }),
    recent: mapArms(counted, ({ once, failed }) => counter.recent(once, failed)),
  };
}

function latencySums(
  counting: Counting,
  lines: Arms<Int32Array>,
  latencies: Latencies,
  histograms: PartHistograms['final'],
  { ownMs, baseMs, ratios, farMs }: SlowLimits,
): LatencySums {
  const { counter, terms } = counting;
  const { grid } = terms;
  const { ms, bucket } = latencies;
  const timed = mapArms(lines, (arm) => linesThat(arm, (line) => (bucket[line] ?? -1) >= 0));
  const arm = (
    of: Int32Array,
    own: number,
    asked: readonly number[],
    byBlock: LatencyArm['histograms'],
  ): LatencyArm => latencyArm(counting, latencies, of, { ownMs: own, baseMs, ratios: asked }, byBlock);
  const { to, from } = timed;
  return {
    grid,
    arms: {
      to: arm(to, ownMs.to, ratios, histograms.to),
      from: from === null ? null : arm(from, ownMs.from ?? Infinity, [1], histograms.from ?? []),
    },
    recent: mapArms(timed, (of) =>
      counter.recent(
        of,
        linesThat(of, (line) => (ms[line] ?? 0) > farMs),
      ),
    ),
  };
}

function latencyArm(
  { columns: { tick }, counter, terms: { grid } }: Counting,
  { ms }: Latencies,
  timed: Int32Array,
  limits: { readonly ownMs: number; readonly baseMs: readonly number[]; readonly ratios: readonly number[] },
  histograms: LatencyArm['histograms'],
): LatencyArm {
  const { ownMs, baseMs, ratios } = limits;
  const baseOfTick = Float64Array.from(
    { length: grid.ticks },
    (_, at) => baseMs[blockOf(grid, at)] ?? Infinity,
  );
  // Few lines are slow by any limit: the others are looked at once.
  const leastMs = Math.min(ownMs, Math.min(...ratios) * Math.min(...baseMs));
  const slowest = linesThat(timed, (line) => (ms[line] ?? 0) > leastMs);
  const own = linesThat(slowest, (line) => (ms[line] ?? 0) > ownMs);
  const slow = ratios.map((ratio) =>
    linesThat(slowest, (line) => (ms[line] ?? 0) > ratio * (baseOfTick[tick[line] ?? 0] ?? Infinity)),
  );
  const { trials, events } = counter.count(timed, [own, ...slow] as const);
  const [ownEvents, ...slowEvents] = events;
  return {
    histograms,
    trials,
    own: ownEvents,
    slow: Object.fromEntries(slowEvents.map((one, i) => [String(ratios[i]), one])),
  };
}

function cacheSums(
  { counter, terms }: Counting,
  { stratum, isHit }: Lookups,
  lines: Arms<Int32Array>,
  strata: PartHistograms['strata'],
  weights: NonNullable<PartLimits['weights']>,
): CacheSums | null {
  if (strata === null || strata.from === null || lines.from === null) return null;
  const arm = (of: Int32Array, own: readonly number[], seen: CacheArm['strata']): CacheArm => {
    const weight = (line: number): number => own[stratum[line] ?? -1] ?? 0;
    const eligible = linesThat(of, (line) => weight(line) > 0);
    const misses = linesThat(eligible, (line) => isHit[line] === 0);
    const { trials, events } = counter.count(eligible, [misses] as const, weight);
    return { strata: seen, series: { trials, events: events[0] } };
  };
  return {
    grid: terms.grid,
    arms: {
      to: arm(lines.to, weights.to, strata.to),
      from: arm(lines.from, weights.from, strata.from),
    },
  };
}
