/** The second pass: what the limits ask to add up of a part. */
import { blockOf } from './grid.ts';
import type { Columns, Latencies } from './line-columns.ts';
import type { Lookups } from './lookups.ts';
import { mapArms } from './part-lines.ts';
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
  const isEvent = (line: number): boolean => (failure.of[line] ?? -1) >= 0;
  const counted = mapArms(lines, (arm) => arm.filter((line) => repeats[line] === 0));
  return {
    grid: terms.grid,
    arms: mapArms(counted, (arm): Series => {
      const { trials, events } = counter.count(arm, [isEvent]);
      return { trials, events: events[0] };
    }),
    recent: mapArms(counted, (arm) => counter.recent(arm, isEvent)),
  };
}

function latencySums(
  { columns, counter, terms }: Counting,
  lines: Arms<Int32Array>,
  { ms, bucket }: Latencies,
  histograms: PartHistograms['final'],
  { ownMs, baseMs, ratios, farMs }: SlowLimits,
): LatencySums {
  const { grid } = terms;
  const { tick } = columns;
  const baseOfTick = Float64Array.from(
    { length: grid.ticks },
    (_, at) => baseMs[blockOf(grid, at)] ?? Infinity,
  );
  const isOver = (limitMs: number) => (line: number) => (ms[line] ?? 0) > limitMs;
  const isSlow = (ratio: number) => (line: number) =>
    (ms[line] ?? 0) > ratio * (baseOfTick[tick[line] ?? 0] ?? Infinity);
  const timed = mapArms(lines, (arm) => arm.filter((line) => (bucket[line] ?? -1) >= 0));
  const arm = (
    of: Int32Array,
    own: number,
    asked: readonly number[],
    byBlock: LatencyArm['histograms'],
  ): LatencyArm => {
    const { trials, events } = counter.count(of, [isOver(own), ...asked.map(isSlow)]);
    const [ownEvents, ...slow] = events;
    return {
      histograms: byBlock,
      trials,
      own: ownEvents,
      slow: Object.fromEntries(slow.map((one, i) => [String(asked[i]), one])),
    };
  };
  const { from } = timed;
  return {
    grid,
    arms: {
      to: arm(timed.to, ownMs.to, ratios, histograms.to),
      from: from === null ? null : arm(from, ownMs.from ?? Infinity, [1], histograms.from ?? []),
    },
    recent: mapArms(timed, (of) => counter.recent(of, isOver(farMs))),
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
    const eligible = of.filter((line) => weight(line) > 0);
    const { trials, events } = counter.count(eligible, [(line) => isHit[line] === 0], weight);
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
