/**
 * What a hold that is over would have failed: its own look judged again with worse and worse traffic of `to`.
 * Invariant: the gates themselves judge; only users' traffic of the whole is made worse, evenly over users and time, so what a region
 * or a few users would have shown is not told.
 */
import {
  addHistograms,
  bucketOfMs,
  countAbove,
  histogramSize,
  LOG_WIDTH,
  P,
  quantileBucket,
  bucketMs,
  total,
  type ErrorSums,
  type Events,
  type LatencySums,
  type PartSums,
  type Recent,
  type Series,
  type Trials,
} from '../clusters/index.ts';
import type { LookInput } from '../look-input.ts';
import { judge } from './judge.ts';

export interface SeenAfter {
  /** Error rate of `to` from which on the hold would have failed; null: at none. */
  readonly errors: number | null;
  /** Ratio of p95s of users from which on it would have failed; null: not even at ×20. */
  readonly ratio: number | null;
  readonly requests: { readonly to: number; readonly from: number | null };
}

const LARGEST_RATIO = 20;
const STEPS = 10;
/** A rate of one is a division that rounds over it. */
const NEARLY_ALL = 1 - 1e-9;

/** @returns null where no sums were stored, or where users' traffic failed the hold */
export function seenAfter(input: LookInput): SeenAfter | null {
  const whole = wholeOf(input);
  if (whole === null || fails(input, whole, 'error-rate') || fails(input, whole, 'latency')) return null;
  const { to, from } = whole.errors.arms;
  const usual = total(to.events.byBin) / Math.max(1, total(to.trials.byBin));
  const largest = Math.round(Math.log(LARGEST_RATIO) / LOG_WIDTH);
  const more = smallest(1 - usual, (share) =>
    fails(input, { ...whole, errors: withErrors(whole.errors, share) }, 'error-rate'),
  );
  const buckets = smallest(largest, (shift) =>
    fails(input, { ...whole, final: slower(whole.final, Math.round(shift)), usable: null }, 'latency'),
  );
  return {
    errors: more === null ? null : usual + more,
    ratio: buckets === null ? null : p95Ratio(whole.final, Math.round(buckets)),
    requests: { to: total(to.trials.byBin), from: from === null ? null : total(from.trials.byBin) },
  };
}

function wholeOf({ traffic }: LookInput): PartSums | null {
  return traffic?.sums?.parts.find(({ part }) => part === null) ?? null;
}

function fails(input: LookInput, whole: PartSums, gate: 'error-rate' | 'latency'): boolean {
  const { traffic } = input;
  if (traffic === null || traffic.sums === null) return false;
  const parts = traffic.sums.parts.map((one) => (one.part === null ? whole : emptied(one)));
  const worse: LookInput = {
    ...input,
    // Of users alone: probes are judged by themselves.
    probes: null,
    gates: [{ gate, role: 'guard' }],
    judgeErrors: [],
    traffic: { ...traffic, sums: { ...traffic.sums, parts } },
  };
  return judge(worse)[0]?.verdict === 'fail';
}

/** A region or route that has its share of the level, and nothing to judge. */
function emptied({ part, errors: { grid } }: PartSums): PartSums {
  const errors = {
    grid,
    arms: { to: NO_SERIES, from: NO_SERIES },
    recent: { to: NO_RECENT, from: NO_RECENT },
  };
  return { part, errors, final: null, usable: null, cache: null };
}

const NO_COUNTS = { byBin: [], byTick: [], byInstance: [], users: 0 };
const NO_PRODUCTS = { nx: 0, xx: 0 };
const NO_SERIES: Series = {
  trials: { ...NO_COUNTS, squares: { block: 0, tick: 0 } },
  events: { ...NO_COUNTS, squares: { block: NO_PRODUCTS, tick: NO_PRODUCTS } },
};
const NO_RECENT: Recent = { trials: [], events: [], users: 0, affected: 0 };

/** Null when not even the largest fails. */
function smallest(largest: number, isFailed: (size: number) => boolean): number | null {
  if (!isFailed(largest)) return null;
  let [missed, failed] = [0, largest];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (missed + failed) / 2;
    if (isFailed(middle)) failed = middle;
    else missed = middle;
  }
  return failed;
}

function withErrors(errors: ErrorSums, share: number): ErrorSums {
  const { to } = errors.arms;
  return {
    ...errors,
    arms: { ...errors.arms, to: { ...to, events: withMore(to.trials, to.events, share) } },
    recent: { ...errors.recent, to: recentWithMore(errors.recent.to, share) },
  };
}

/** So many more events for each trial, and no more than there are trials: what scatters about the rate stays as it is. */
function withMore(trials: Trials, events: Events, wanted: number): Events {
  const all = total(trials.byBin);
  const share = Math.min(wanted, NEARLY_ALL * (1 - total(events.byBin) / Math.max(1, all)));
  const add = (counts: readonly number[], of: readonly number[]): number[] =>
    of.map((n, i) => (counts[i] ?? 0) + share * n);
  const squares = (unit: 'block' | 'tick'): Events['squares']['block'] => {
    const { nx, xx } = events.squares[unit];
    const nn = trials.squares[unit];
    return { nx: nx + share * nn, xx: xx + 2 * share * nx + share * share * nn };
  };
  return {
    byBin: add(events.byBin, trials.byBin),
    byTick: add(events.byTick, trials.byTick),
    byInstance: add(events.byInstance, trials.byInstance),
    users: affected(events.users, trials.users, all, share),
    squares: { block: squares('block'), tick: squares('tick') },
  };
}

function recentWithMore(recent: Recent, share: number): Recent {
  return {
    ...recent,
    events: recent.events.map((count, i) => Math.round(count + share * ((recent.trials[i] ?? 0) - count))),
    affected: affected(recent.affected, recent.users, total(recent.trials), share),
  };
}

/** Users with an event, when each of their requests may be one. */
function affected(already: number, users: number, requests: number, share: number): number {
  const each = users === 0 ? 0 : requests / users;
  return Math.round(already + (users - already) * (1 - (1 - share) ** each));
}

/** `to` slower by so many buckets of 1 %. */
function slower(sums: LatencySums | null, shift: number): LatencySums | null {
  if (sums === null) return null;
  const { to } = sums.arms;
  const before = addHistograms(to.histograms);
  const bucket = baseBucket(sums);
  const size = Math.max(1, histogramSize(before));
  const slow = Object.fromEntries(
    Object.entries(to.slow).map(([ratio, events]) => {
      const limit = bucketOfMs(Number(ratio) * bucketMs(bucket));
      const more = (countAbove(before, limit - shift) - countAbove(before, limit)) / size;
      return [ratio, withMore(to.trials, events, Math.max(0, more))];
    }),
  );
  const histograms = to.histograms.map((one) => addHistograms([one], [shift]));
  return { ...sums, arms: { ...sums.arms, to: { ...to, histograms, slow } } };
}

/** p95 that `to` is compared with: `from`'s, or its own where `from` has no users. */
function baseBucket({ arms }: LatencySums): number {
  const { to, from } = arms;
  return quantileBucket(addHistograms((from ?? to).histograms), P) ?? 0;
}

function p95Ratio(sums: LatencySums | null, shift: number): number | null {
  if (sums === null) return null;
  const own = quantileBucket(addHistograms(sums.arms.to.histograms), P) ?? 0;
  return bucketMs(own + shift) / bucketMs(baseBucket(sums));
}
