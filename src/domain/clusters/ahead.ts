/**
 * A hold that is still ahead and the traffic it will have, as what it could see is computed from.
 * Invariant: of a day of `from` everything is measured; whatever else is unknown is stated here and said wherever it is used.
 */
import { addHistograms, bucketOfMs, histogramOfCounts, histogramSize, type Histogram } from './histogram.ts';
import { normalQuantile } from '../stats/index.ts';
import type { CatastropheLimits } from './catastrophe.ts';
import type { DayBlocks } from './day.ts';
import type { TrafficBlocks } from './parts.ts';

/** Users' traffic of a service before a switch: as it was, or as it is taken to be. */
export interface UsualTraffic {
  readonly requestsPerHour: number;
  /** Requests of a user in an hour. */
  readonly requestsPerUser: number;
  /** Share of server errors. */
  readonly errorRate: number;
  /** Warm successes. Only its shape counts. */
  readonly latencies: Histogram;
}

/** A hold as planned. */
export interface HoldAhead {
  readonly holdMs: number;
  /** Wanted length of a block, as `timeUnits` takes it. */
  readonly blockMs: number;
  /** One-sided FAIL level of each look, the scheduled end last. */
  readonly levels: readonly number[];
  /** Share of users on `to`, 0 to 1. At 1 `from` has none, and its day stands for it. */
  readonly share: number;
  readonly limits: {
    readonly errorRatio: number;
    readonly errorFloor: number;
    readonly latencyRatio: number;
    readonly minSamples: number;
    readonly minUsers: number;
  };
  readonly catastrophe: CatastropheLimits;
  /** A day of `from` in blocks of the hold's own length; null where there is none that is usable. */
  readonly day: { readonly errors: DayBlocks; readonly slow: DayBlocks } | null;
  /** A day of `from` may fail a look before the earliest time. */
  readonly early: boolean;
}

/** A part of the traffic: the whole has all of both. */
export interface Slice {
  /** Of the requests. */
  readonly traffic: number;
  /** Of the FAIL level. */
  readonly level: number;
}

export const WHOLE: Slice = { traffic: 1, level: 1 };

/** Errors and latencies of a color's past, of blocks of any one length; null where it holds no request that succeeded. */
export function usualOf(
  days: readonly TrafficBlocks[],
): Pick<UsualTraffic, 'errorRate' | 'latencies'> | null {
  const there = (days[0]?.blocks ?? []).filter((block) => block !== null);
  const trials = there.reduce((sum, block) => sum + block.trials, 0);
  const latencies = addHistograms(there.map(({ final }) => final));
  if (trials === 0 || histogramSize(latencies) === 0) return null;
  return { errorRate: there.reduce((sum, block) => sum + block.events, 0) / trials, latencies };
}

/** Log-sd of latencies that nothing is known of. */
const USUAL_SPREAD = 0.5;
const USUAL_MEDIAN_MS = 300;
const DRAWN = 20_000;

/** Latencies where none were read: log-normal, p95 at 2.3 times the median. */
export function usualLatencies(medianMs = USUAL_MEDIAN_MS): Histogram {
  const counts: number[] = [];
  for (let i = 0; i < DRAWN; i += 1) {
    const bucket = bucketOfMs(medianMs * Math.exp(USUAL_SPREAD * normalQuantile((i + 0.5) / DRAWN)));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return histogramOfCounts(Array.from(counts, (count) => count ?? 0));
}
