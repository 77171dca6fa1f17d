/**
 * What a source tells of a look that counts requests and knows no users: requests, failures and latencies by color and block.
 * Invariant: it is judged as if each request came from a user of its own. Retries, tenants and broken clients then look like many, so
 * whatever follows from it may ask a person, and neither fails nor proves anything.
 */
import { allBlocks, blockOf, type Grid } from './grid.ts';
import { bucketOfMs, countAbove, histogramSize, type Histogram } from './histogram.ts';
import type { PartHistograms, PartLimits, PartSums, SlowLimits, SumsTerms, TrafficSums } from './parts.ts';
import {
  USER_BINS,
  type Arms,
  type CellProducts,
  type ErrorSums,
  type Events,
  type LatencyArm,
  type LatencySums,
  type Recent,
  type Series,
  type Trials,
} from './sums.ts';

/** By block of the look, the oldest first, with the short one at the start of the window if there is one. */
export interface ArmTotals {
  readonly requests: readonly number[];
  /** Server errors among them. */
  readonly failures: readonly number[];
  /** End of the answer; of successes where the source can tell them apart. */
  readonly final: readonly Histogram[];
}

/** The same size at any volume, like the sums of request lines. */
export interface TrafficTotals {
  /** Name of the source, for what is said of it. */
  readonly source: string;
  readonly terms: SumsTerms;
  readonly arms: Arms<ArmTotals>;
}

/** Of a look, and of the one before it: null at the first. */
export interface TotalsOfLooks {
  readonly now: TrafficTotals;
  readonly before: TrafficTotals | null;
}

/** Too bad to wait for is asked of distinct users; there are none to ask. */
const NO_RECENT: Recent = { trials: [], events: [], users: 0, affected: 0 };

/**
 * The sums of a look in which each request is a user of its own.
 * @param limits as of `TelemetryPort.sums`
 */
export function asIndependent(
  { terms, arms }: TrafficTotals,
  limits: (seen: readonly PartHistograms[]) => readonly PartLimits[],
): TrafficSums {
  const { grid } = terms;
  const sides = <T>(of: (arm: ArmTotals, side: 'to' | 'from') => T): Arms<T> => ({
    to: of(arms.to, 'to'),
    from: arms.from === null ? null : of(arms.from, 'from'),
  });
  const seen: PartHistograms = {
    part: null,
    requests: sides(({ requests }) => sum(requests)),
    final: sides(({ final }) => final),
    usable: sides(() => []),
    strata: null,
  };
  const errors: ErrorSums = {
    grid,
    arms: sides(({ requests, failures }) => seriesOf(grid, requests, failures)),
    recent: sides(() => NO_RECENT),
  };
  const parts = limits([seen])
    .filter(({ part }) => part === null)
    .map(({ part, final }): PartSums => ({
      part,
      errors,
      final: final === null ? null : latencyOf(grid, sides, final),
      usable: null,
      cache: null,
    }));
  return { terms, parts, novelty: { classes: [], users: sides(() => 0) } };
}

function latencyOf(
  grid: Grid,
  sides: <T>(of: (arm: ArmTotals, side: 'to' | 'from') => T) => Arms<T>,
  { ownMs, baseMs, ratios }: SlowLimits,
): LatencySums {
  const arm = ({ final }: ArmTotals, side: 'to' | 'from'): LatencyArm => {
    const timed = final.map(histogramSize);
    const slower = (limitMs: (block: number) => number): Events => {
      const events = final.map((one, block) => countAbove(one, bucketOfMs(limitMs(block))));
      return seriesOf(grid, timed, events).events;
    };
    const slow = (side === 'to' ? ratios : [1]).map((ratio): [string, Events] => [
      String(ratio),
      slower((block) => ratio * (baseMs[block] ?? Infinity)),
    ]);
    return {
      histograms: final,
      trials: seriesOf(grid, timed, timed).trials,
      own: slower(() => ownMs[side] ?? Infinity),
      slow: Object.fromEntries(slow),
    };
  };
  return { grid, arms: sides(arm), recent: sides(() => NO_RECENT) };
}

/** @param requests and events by block; there are never more events than requests */
function seriesOf(grid: Grid, requests: readonly number[], events: readonly number[]): Series {
  const among = requests.map((count, block) => Math.min(count, events[block] ?? 0));
  const isShort = grid.ticks % grid.blockTicks > 0;
  const whole = (counts: readonly number[]): number => sum(counts.slice(isShort ? 1 : 0));
  // A cell holds one request, so squares are counts.
  const products = (x: number): CellProducts => ({ nx: x, xx: x });
  const [n, x] = [sum(requests), sum(among)];
  return {
    trials: {
      ...countsOf(grid, requests),
      users: n,
      squares: { block: whole(requests), tick: n },
    },
    events: {
      ...countsOf(grid, among),
      users: x,
      squares: { block: products(whole(among)), tick: products(x) },
    },
  };
}

/** Spread evenly: within a block nothing is known of time, and within a color nothing of users. */
function countsOf(grid: Grid, byBlock: readonly number[]): Pick<Trials, 'byBin' | 'byTick' | 'byInstance'> {
  const all = sum(byBlock);
  const short = grid.ticks % grid.blockTicks;
  return {
    byBin: Array.from({ length: USER_BINS }, () => all / USER_BINS),
    byTick: Array.from({ length: grid.ticks }, (_, tick) => {
      const block = blockOf(grid, tick);
      return (byBlock[block] ?? 0) / (block === 0 && short > 0 ? short : grid.blockTicks);
    }),
    byInstance: [],
  };
}

/** Start and end of each block, epoch ms, the oldest first. */
export function blockRanges({
  startMs,
  grid,
}: Pick<SumsTerms, 'startMs' | 'grid'>): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const endMs = startMs + grid.ticks * grid.tickMs;
  const blockMs = grid.blockTicks * grid.tickMs;
  const count = allBlocks(grid);
  return Array.from({ length: count }, (_, block) => {
    const toMs = endMs - (count - 1 - block) * blockMs;
    return { fromMs: Math.max(startMs, toMs - blockMs), toMs };
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
