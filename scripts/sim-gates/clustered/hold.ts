/**
 * One hold: drawn, added up look by look, and judged by the rule without a day of `from`, with it, and with early looks.
 * Invariant: all three judge the same sums; each stops at its FAIL, as a switch does.
 */
import {
  blockShifts,
  countAbove,
  isUsable,
  judgeErrorRate,
  judgeLatency,
  latencyLimits,
  p95Ms,
  timeUnits,
  type ClusterRuling,
  type DayBlocks,
  type ErrorSums,
  type Grid,
  type Histogram,
  type LatencySums,
  type LookTerms,
} from '../../../src/domain/clusters/index.ts';
import { WHOLE_SHARE } from '../../../src/domain/gates/breakdown.ts';
import { mean } from '../../../src/domain/stats/index.ts';
import { isHighByMinute, valuesByMinute } from '../rivals.ts';
import { judgeAlone } from './alone-hold.ts';
import { drawsOf } from './draws.ts';
import type { Family, Volume } from './family.ts';
import { levelsAt } from './levels.ts';
import { drawLines, emptyLines } from './lines.ts';
import {
  histogramsOf,
  partOf,
  recentHistogram,
  recentOf,
  seriesOf,
  type PartLines,
  type RecentSpan,
} from './part.ts';
import { drawWorld, errorDay, latencyDay, type World } from './world.ts';

export const MODES = ['hold', 'day', 'early'] as const;
export type Mode = (typeof MODES)[number];

/** Look of the FAIL by mode, 0 without one; and whether the hold passed at its end without a day. */
export interface HoldOutcome {
  readonly failedAt: Readonly<Record<Mode, number>>;
  readonly passed: boolean;
  /** A plain threshold was breached at some look. */
  readonly plain: boolean;
  /** Kayenta's judge found `to` worse, once at the end of the hold; null where it has nothing to compare. */
  readonly kayenta: boolean | null;
}

const LOOK_S = 300;
const LIMITS = { errorRatio: 1.2, errorFloor: 0.001 };
const LATENCY_RATIO = 1.25;
const CATASTROPHE_P95 = 5;

const reused = { from: emptyLines(), to: emptyLines() };

interface Part {
  readonly to: PartLines;
  readonly from: PartLines;
  /** Share of the FAIL level. */
  readonly share: number;
}

export interface Past {
  readonly errors: DayBlocks | null;
  readonly latency: readonly (Histogram | null)[] | null;
}

export function simulateHold(family: Family, volume: Volume, seed: string): HoldOutcome {
  const draws = drawsOf(seed);
  const world = drawWorld(family, volume, draws);
  drawLines(world, draws, reused.from, reused.to);
  const { holdS } = world;
  const units = timeUnits(holdS * 1000);
  const blockS = (units.blockTicks * units.tickMs) / 1000;
  const past = pastOf(world, volume, blockS, () => drawsOf(`${seed}/day`));
  const blocksOfHold = Math.floor(holdS / blockS);
  const parts = partsOf(world, units.tickMs / 1000);
  const looks = holdS / LOOK_S;
  const failedAt: Record<Mode, number> = { hold: 0, day: 0, early: 0 };
  const modes: readonly Mode[] = family.gone === true ? ['day'] : world.dayS > 0 ? MODES : ['hold'];
  let [passed, plain] = [false, false];
  for (let look = 1; look <= looks && modes.some((mode) => failedAt[mode] === 0); look += 1) {
    const grid: Grid = { ...units, ticks: Math.round((look * LOOK_S * 1000) / units.tickMs) };
    const { alpha, passAlpha } = levelsAt(look, looks);
    const span = {
      startS: Math.max(0, look - 2) * LOOK_S,
      endS: look * LOOK_S,
      parts: look === 1 ? 3 : 6,
    };
    let shifts: number[] | null = null;
    for (const [i, part] of parts.entries()) {
      const judge: Judge =
        family.gone === true
          ? judgeAlone({ family, part: part.to, grid, span, past, blocksOfHold })
          : judgeOf(family, part, grid, span, past, blocksOfHold, shifts);
      shifts ??= judge.shifts;
      for (const mode of modes) {
        if (failedAt[mode] > 0) continue;
        const ruling = judge.ruling(mode, {
          grid,
          holdMs: holdS * 1000,
          alpha: alpha * part.share,
          passAlpha: i === 0 && mode === modes[0] ? passAlpha : null,
          minSamples: 59,
          minUsers: 3,
          early: mode === 'early',
        });
        if (ruling?.verdict === 'fail') failedAt[mode] = look;
        if (ruling?.verdict === 'pass') passed = true;
        if (i === 0 && mode === modes[0] && ruling?.stoppedBy.includes('limit') === false) plain = true;
      }
    }
  }
  const kayenta =
    family.gone === true ? null : isHighByMinute(metricOf(family, 'to'), metricOf(family, 'from'));
  return { failedAt, passed: passed && failedAt[modes[0] ?? 'hold'] === 0, plain, kayenta };
}

/** What a metric store would keep of the hold: the error rate or the p95 of each minute that had requests. */
function metricOf({ gate }: Family, side: 'to' | 'from'): number[] {
  const { count, second, value } = reused[side];
  const minutes = valuesByMinute(
    count,
    (at) => Math.floor((second[at] ?? 0) / 60),
    (at) => value[at] ?? 0,
  );
  return minutes.map(gate === 'error' ? mean : p95);
}

function p95(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0;
}

function pastOf(world: World, volume: Volume, blockS: number, draws: () => ReturnType<typeof drawsOf>): Past {
  if (world.dayS === 0) return { errors: null, latency: null };
  return world.family.gate === 'error'
    ? { errors: errorDay(world, volume, blockS, draws()), latency: null }
    : { errors: null, latency: latencyDay(world, volume, blockS, draws()) };
}

function partsOf(world: World, tickS: number): Part[] {
  const { family, users, holdS } = world;
  const how = { tickS, ticks: Math.round(holdS / tickS), namesInstances: family.instances !== undefined };
  const { from, to } = reused;
  const whole = { to: partOf(to, users, how, null), from: partOf(from, users, how, null) };
  if (family.parts !== true) return [{ ...whole, share: 1 }];
  const within = (belongs: (lines: typeof from) => (at: number) => boolean): Omit<Part, 'share'> => ({
    to: partOf(to, users, how, belongs(to)),
    from: partOf(from, users, how, belongs(from)),
  });
  const regions = [0, 1, 2, 3].map((region) =>
    within((lines) => (at) => users.region[lines.user[at] ?? 0] === region),
  );
  const routes = [0, 1, 2, 3, 4, 5].map((route) => within((lines) => (at) => lines.route[at] === route));
  const inner = [...regions, ...routes];
  return [
    { ...whole, share: WHOLE_SHARE },
    ...inner.map((part) => ({ ...part, share: (1 - WHOLE_SHARE) / inner.length })),
  ];
}

export interface Judge {
  readonly ruling: (mode: Mode, terms: LookTerms) => ClusterRuling | null;
  /** Of the whole, for its parts. */
  readonly shifts: number[] | null;
}

function judgeOf(
  family: Family,
  part: Part,
  grid: Grid,
  span: RecentSpan,
  past: Past,
  blocksOfHold: number,
  shifts: number[] | null,
): Judge {
  if (family.gate === 'error') {
    const failed =
      ({ lines }: PartLines) =>
      (line: number) =>
        lines.value[line] === 1;
    const sums: ErrorSums = {
      grid,
      arms: {
        to: seriesOf(part.to, grid, failed(part.to)),
        from: seriesOf(part.from, grid, failed(part.from)),
      },
      recent: {
        to: recentOf(part.to, span, failed(part.to)),
        from: recentOf(part.from, span, failed(part.from)),
      },
    };
    const day = past.errors !== null && isUsable(past.errors, blocksOfHold) ? past.errors : null;
    return {
      shifts: null,
      ruling: (mode, terms) => judgeErrorRate(sums, LIMITS, terms, mode === 'hold' ? null : day),
    };
  }
  const made = latencySums(part, grid, span, shifts);
  if (made === null) return { shifts, ruling: () => null };
  const { sums, dayBucket } = made;
  let day: DayBlocks | null = null;
  if (past.latency !== null) {
    day = past.latency.map((block) =>
      block === null ? null : { trials: countAbove(block, -1), events: countAbove(block, dayBucket) },
    );
    if (!isUsable(day, blocksOfHold)) day = null;
  }
  return {
    shifts: made.shifts,
    ruling: (mode, terms) => judgeLatency(sums, LATENCY_RATIO, terms, mode === 'hold' ? null : day),
  };
}

function latencySums(
  part: Part,
  grid: Grid,
  span: RecentSpan,
  given: number[] | null,
): { readonly sums: LatencySums; readonly shifts: number[]; readonly dayBucket: number } | null {
  const histograms = { to: histogramsOf(part.to, grid), from: histogramsOf(part.from, grid) };
  const shifts = given ?? blockShifts(grid, histograms);
  const limits = latencyLimits(histograms, shifts);
  const recentP95 = p95Ms(recentHistogram(part.from, span));
  if (limits === null || recentP95 === null) return null;
  const blockOfTick = Array.from(
    { length: grid.ticks },
    (_, tick) =>
      limits.baseMs[shifts.length - 1 - Math.floor((grid.ticks - 1 - tick) / grid.blockTicks)] ?? Infinity,
  );
  const over =
    ({ lines }: PartLines, ms: number) =>
    (line: number) =>
      (lines.value[line] ?? 0) > ms;
  const slow =
    ({ lines, tick }: PartLines, ratio: number) =>
    (line: number) =>
      (lines.value[line] ?? 0) > ratio * (blockOfTick[tick[line] ?? 0] ?? Infinity);
  const arm = (one: PartLines, own: Histogram[], ownMs: number, ratio: number) => {
    const { trials, events } = seriesOf(one, grid, over(one, ownMs));
    return {
      histograms: own,
      trials,
      own: events,
      slow: { [ratio]: seriesOf(one, grid, slow(one, ratio)).events },
    };
  };
  const bad = CATASTROPHE_P95 * recentP95;
  return {
    shifts,
    dayBucket: limits.dayBucket,
    sums: {
      grid,
      arms: {
        to: arm(part.to, histograms.to, limits.ownMs.to, LATENCY_RATIO),
        from: arm(part.from, histograms.from, limits.ownMs.from, 1),
      },
      recent: {
        to: recentOf(part.to, span, over(part.to, bad)),
        from: recentOf(part.from, span, over(part.from, bad)),
      },
    },
  };
}
