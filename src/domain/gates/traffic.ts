/**
 * The arms of user traffic and whether they can be judged at all.
 * Invariant: silence is told apart from thin traffic: an arm on which requests were due and none came is `one_sided`,
 * telemetry that ended too early is `stale`, and neither can pass.
 */
import type { Color } from '../color.ts';
import type { LookInput, TrafficSlice, TrafficWindow } from '../look-input.ts';
import { inconclusive, underpowered, type Ruling } from './ruling.ts';

/** Oldest newest line, ms: telemetry that ends this long before the window does is stale… */
const STALE_MS = 60_000;
/** …or this share of the window, whichever is longer. */
const STALE_SHARE = 0.1;
/** Share assumed of `to` when the weight is unknown: the playbook's canary, percent. */
const LEAST_WEIGHT = 1;
/** Requests that must have been due on a silent arm before silence means anything; sticky users come in clusters. */
const DUE = 50;

export interface TrafficArms {
  readonly from: readonly TrafficSlice[];
  readonly to: readonly TrafficSlice[];
  /** True when `from` has too few users now (after the flip) and its arm is what preflight saw. */
  readonly fromIsBaseline: boolean;
}

/** Slices of one color in the window itself. */
export function slicesNow(input: LookInput, color: Color): readonly TrafficSlice[] {
  return input.traffic?.slices.filter((slice) => slice.color === color) ?? [];
}

/** Both arms. After the flip `from` has no users, so its arm is the pre-flip baseline's. */
export function trafficArms(input: LookInput): TrafficArms {
  const to = slicesNow(input, input.to);
  const now = slicesNow(input, input.from);
  const before = input.baseline?.traffic?.slices.filter((slice) => slice.color === input.from) ?? [];
  const fromIsBaseline = requestsOf(now) < input.settings.minSamples && requestsOf(before) > requestsOf(now);
  return { from: fromIsBaseline ? before : now, to, fromIsBaseline };
}

export function requestsOf(slices: readonly TrafficSlice[]): number {
  return slices.reduce((sum, slice) => sum + slice.requests, 0);
}

/** True when telemetry stopped before the window ended. */
export function isStale(input: LookInput): boolean {
  const window = input.traffic;
  if (window === null || window.freshestMs === null) return false;
  const age = window.toMs - window.freshestMs;
  return age > Math.max(STALE_MS, STALE_SHARE * (window.toMs - window.fromMs));
}

/**
 * Why traffic cannot be judged, or null when both arms have something.
 * @param counts what is counted on each arm, e.g. requests or cache lookups; by default requests
 * @param what its name in the sentence
 */
export function trafficMissing(
  input: LookInput,
  counts: { readonly from: number; readonly to: number },
  what = 'requests',
): Ruling | null {
  const facts = { from: { n: counts.from }, to: { n: counts.to } };
  const window = input.traffic;
  if (window === null || (window.freshestMs === null && window.slices.length === 0)) {
    return inconclusive('no_data', 'There is no telemetry of the window.', facts);
  }
  if (isStale(input)) {
    const seconds = Math.round((window.toMs - (window.freshestMs ?? window.fromMs)) / 1000);
    return inconclusive('stale', `The newest telemetry is ${seconds} s older than the window's end.`, facts);
  }
  if (counts.to > 0 && counts.from > 0) return null;
  if (counts.to > 0) {
    return inconclusive(
      'one_sided',
      `${counts.to} ${what} on ${input.to}, none on ${input.from} to compare with.`,
      facts,
    );
  }
  if (counts.from === 0) {
    return isQuiet(window)
      ? underpowered('no_data_yet', 'No user came in this window; telemetry is fresh.', facts)
      : inconclusive('no_data', `No ${what} on either color.`, facts);
  }
  if (requestsOf(slicesNow(input, input.to)) > 0) {
    return underpowered('no_data_yet', `No ${what} on ${input.to} yet.`, facts);
  }
  const due = dueOnTo(input);
  return due >= DUE
    ? inconclusive(
        'one_sided',
        `About ${Math.round(due)} requests were due on ${input.to} and none was seen, beside ${counts.from} ${what} on ${input.from}.`,
        facts,
      )
    : underpowered('no_data_yet', `No ${what} on ${input.to} yet, and few were due.`, facts);
}

/** Telemetry is there and fresh, and holds no request of a user. */
function isQuiet({ freshestMs, slices }: TrafficWindow): boolean {
  return freshestMs !== null && requestsOf(slices) === 0;
}

/** Why there are no sums: no telemetry, or not a tick of it yet. */
export function sumsMissing(input: LookInput): Ruling {
  const counts = {
    from: requestsOf(slicesNow(input, input.from)),
    to: requestsOf(slicesNow(input, input.to)),
  };
  return (
    trafficMissing(input, counts) ??
    underpowered('no_data_yet', 'Too little of the hold has passed to count by user and minute.')
  );
}

/** Requests `to` should have had, by what `from` had in the same window. */
function dueOnTo(input: LookInput): number {
  const weight = Math.min(99, input.weightPercent ?? LEAST_WEIGHT) / 100;
  return (requestsOf(slicesNow(input, input.from)) * weight) / (1 - weight);
}
