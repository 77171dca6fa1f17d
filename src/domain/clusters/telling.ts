/** What a ruling means in units that people know: who is behind the events, how far a color wanders, what would stand out. */
import { isPastEarliest } from './grid.ts';
import { addHistograms, bucketMs, histogramSize, quantileBucket, type Histogram } from './histogram.ts';
import { P } from './latency-limits.ts';
import { LEAST_BINS, type ClusterRuling, type LookTerms } from './ruling.ts';
import { rateOf } from './scatter.ts';
import type { LatencySums, Series } from './sums.ts';
import { total } from './user-scatter.ts';

export interface Heavy {
  /** So many of the user bins with trials… */
  readonly bins: number;
  readonly of: number;
  /** …are behind so many of the events. */
  readonly events: number;
  readonly all: number;
  /** True when each of those bins is one user. */
  readonly areUsers: boolean;
}

/** Share of the events that the heaviest must be behind to be worth a word. */
const MOST = 0.8;
/** Share of the users that the heaviest may be. */
const FEW = 0.2;

/** The few users behind most of the events; null when they are spread. */
export function heavyUsers({ trials, events }: Series): Heavy | null {
  const hit = events.byBin.filter((count) => count > 0).toSorted((a, b) => b - a);
  const all = total(hit);
  const seen = trials.byBin.filter((count) => count > 0).length;
  let [bins, sum] = [0, 0];
  while (sum < MOST * all) {
    sum += hit[bins] ?? 0;
    bins += 1;
  }
  if (all <= bins || bins > FEW * seen) return null;
  const areUsers = events.users === hit.length;
  return { bins, of: areUsers ? trials.users : seen, events: sum, all, areUsers };
}

/** Latencies of a block whose p95 says anything. */
const LEAST_LATENCIES = 59;

/** How far the p95 of a color strays from block to block: standard deviation of its logarithm, as a share. Null with under three blocks. */
export function p95Wander(histograms: readonly Histogram[]): number | null {
  const logs = histograms.flatMap((one) => {
    const bucket = histogramSize(one) < LEAST_LATENCIES ? null : quantileBucket(one, P);
    return bucket === null ? [] : [Math.log(bucketMs(bucket))];
  });
  if (logs.length < 3) return null;
  const mean = total(logs) / logs.length;
  return Math.expm1(Math.sqrt(total(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1)));
}

/**
 * Ratio of p95s from which on `to` would stand out of the moments: how much more it would have to be stretched.
 * @param present ratio of p95s as it is
 * @returns null where nothing would, or no moments were told
 */
export function ratioToStandOut(
  { arms: { to } }: LatencySums,
  ratio: number,
  { moments }: ClusterRuling,
  present: number,
): number | null {
  const events = to.slow[String(ratio)];
  if (moments === null || moments.need === null || events === undefined) return null;
  const share = rateOf({ trials: to.trials, events });
  // `effect` is the share of `to` less that of `from`.
  const wanted = share - moments.effect + moments.need;
  const all = addHistograms(to.histograms);
  const slowest = (upper: number): number | null => quantileBucket(all, Math.min(1 - 1e-9, 1 - upper));
  const [now, then] = [slowest(share), wanted < 1 ? slowest(wanted) : null];
  if (now === null || then === null) return null;
  return present * (bucketMs(now) / bucketMs(then));
}

/** Why a look is too little to fail anything by the rule, the first reason first. */
export type Lack = 'time' | 'blocks' | 'trials' | 'users' | 'affected';

export function lacksOf(ruling: ClusterRuling, { grid, holdMs, minSamples, minUsers }: LookTerms): Lack[] {
  const { to, from, affected } = ruling.users;
  const lacks: readonly [Lack, boolean][] = [
    ['trials', Math.min(to.trials, from.trials) < minSamples],
    ['time', !isPastEarliest(grid, holdMs)],
    ['blocks', ruling.moments === null || ruling.moments.need === null],
    ['affected', affected < minUsers],
    ['users', Math.min(to.bins, from.bins) < LEAST_BINS],
  ];
  return ruling.stoppedBy.includes('few')
    ? lacks.filter(([, isLacking]) => isLacking).map(([lack]) => lack)
    : [];
}
