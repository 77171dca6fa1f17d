/**
 * One hold: drawn, added up look by look, and judged by the rule without a day of `from`, with it, and with early looks.
 * Invariant: all three judge the same sums; each stops at its FAIL, as a switch does.
 */
import {
  blockShifts,
  isPastEarliest,
  judgeErrorRate,
  judgeLatency,
  latencyLimits,
  p95Ms,
  timeUnits,
  type ClusterRuling,
  type ErrorSums,
  type Grid,
  type Histogram,
  type LatencyArm,
  type LatencySums,
  type LookTerms,
} from '../../../src/domain/clusters/index.ts';
import { mean } from '../../../src/domain/stats/index.ts';
import { isHighByMinute, valuesByMinute } from '../rivals.ts';
import { judgeAlone } from './alone-hold.ts';
import { drawsOf } from './draws.ts';
import type { Family, Volume } from './family.ts';
import { levelsAt } from './levels.ts';
import { drawLines, emptyLines } from './lines.ts';
import { always, byTick, errorSeries, FAILED, type PartLines, type RecentSpan } from './part.ts';
import { glancesOf, once, partsOf, type Part } from './parts-of-hold.ts';
import { pastOf, type Past } from './past.ts';
import { drawWorld } from './world.ts';

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
  /** Of telemetry that knows no users: the first look at which `to` was over the limit for the second time running, 0 without one; and whether the last one was. */
  readonly asked?: { readonly firstAt: number; readonly atEnd: boolean };
}

export const LOOK_S = 300;
const LIMITS = { errorRatio: 1.2, errorFloor: 0.001, latencyRatio: 1.25 };
const CATASTROPHE_P95 = 5;

const reused = { from: emptyLines(), to: emptyLines() };

export interface HoldOptions {
  /** Default: yes. */
  readonly asksKayenta?: boolean;
  /** Looks that cannot fail are not asked of the rule. Default: yes. */
  readonly skips?: boolean;
}

export function simulateHold(
  family: Family,
  volume: Volume,
  seed: string,
  { asksKayenta = true, skips = true }: HoldOptions = {},
): HoldOutcome {
  const draws = drawsOf(seed);
  const world = drawWorld(family, volume, draws);
  drawLines(world, draws, reused.from, reused.to);
  const { holdS } = world;
  const units = timeUnits(holdS * 1000);
  const blockS = (units.blockTicks * units.tickMs) / 1000;
  const blocksOfHold = Math.floor(holdS / blockS);
  const past = once(() => pastOf(world, volume, { blockS, blocksOfHold }, drawsOf(`${seed}/day`)));
  const parts = partsOf(world, reused, units.tickMs / 1000);
  const glances = family.gone === true ? [] : glancesOf(world, reused, parts, LOOK_S, LIMITS);
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
    // From the earliest time on, early looks are those of the day.
    const isOnTime = isPastEarliest(grid, holdS * 1000);
    let shifts: number[] | null = null;
    for (const [i, { share, lines }] of parts.entries()) {
      const seen = glances[i]?.at(look) ?? { isOver: true, mayBeCatastrophe: true };
      const mayFail = seen.mayBeCatastrophe || (seen.isOver && (isOnTime || modes.includes('early')));
      if (i === 0 && seen.isOver && glances.length > 0) plain = true;
      const mayPass = i === 0 && passAlpha !== null;
      if (skips && !mayFail && !mayPass) continue;
      const part = lines();
      if (family.gate === 'latency' && family.gone !== true)
        shifts ??= shiftsOf(parts[0]?.lines() ?? part, grid);
      const judge =
        family.gone === true
          ? judgeAlone({ part: part.to, grid, span, past: past(), blocksOfHold })
          : judgeOf(family, part, grid, span, past, shifts);
      const terms = (mode: Mode): LookTerms => ({
        grid,
        holdMs: holdS * 1000,
        alpha: alpha * share,
        passAlpha: i === 0 && mode === modes[0] ? passAlpha : null,
        minSamples: 59,
        minUsers: 3,
        early: mode === 'early',
      });
      let ofDay: ClusterRuling | null | undefined;
      for (const mode of modes) {
        if (failedAt[mode] > 0) continue;
        if (skips && !mayFail && mode !== modes[0]) continue;
        const known = mode === 'early' && isOnTime ? ofDay : undefined;
        const ruling = known === undefined ? judge(mode, terms(mode)) : known;
        if (mode === 'day') ofDay = ruling;
        if (ruling?.verdict === 'fail') failedAt[mode] = look;
        if (ruling?.verdict === 'pass') passed = true;
        if (i === 0 && mode === modes[0] && ruling?.stoppedBy.includes('limit') === false) plain = true;
      }
    }
  }
  const kayenta =
    family.gone === true || !asksKayenta
      ? null
      : isHighByMinute(metricOf(family, 'to'), metricOf(family, 'from'));
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

export type Judge = (mode: Mode, terms: LookTerms) => ClusterRuling | null;

function judgeOf(
  family: Family,
  part: Part,
  grid: Grid,
  span: RecentSpan,
  past: () => Past,
  shifts: readonly number[] | null,
): Judge {
  if (family.gate === 'error') {
    const { to, from } = part;
    const sums: ErrorSums = {
      grid,
      arms: { to: errorSeries(to, grid), from: errorSeries(from, grid) },
      recent: { to: to.recent(span, FAILED), from: from.recent(span, FAILED) },
    };
    return (mode, terms) => judgeErrorRate(sums, LIMITS, terms, mode === 'hold' ? null : past().errors);
  }
  const made = shifts === null ? null : latencySums(part, grid, span, shifts);
  if (made === null) return () => null;
  const { sums, dayBucket } = made;
  return (mode, terms) => {
    const day = mode === 'hold' ? null : (past().latency?.above(dayBucket) ?? null);
    return judgeLatency(sums, LIMITS.latencyRatio, terms, day);
  };
}

/** Of the whole, for its parts too. */
function shiftsOf({ to, from }: Part, grid: Grid): number[] {
  return blockShifts(grid, { to: to.histograms(grid), from: from.histograms(grid) });
}

function latencySums(
  { to, from }: Part,
  grid: Grid,
  span: RecentSpan,
  shifts: readonly number[],
): { readonly sums: LatencySums; readonly dayBucket: number } | null {
  const histograms = { to: to.histograms(grid), from: from.histograms(grid) };
  const limits = latencyLimits(histograms, shifts);
  const recentP95 = p95Ms(from.recentHistogram(span));
  if (limits === null || recentP95 === null) return null;
  const base = byTick(grid, limits.baseMs);
  const arm = (lines: PartLines, own: Histogram[], ownMs: number, ratio: number): LatencyArm => ({
    histograms: own,
    trials: lines.trials(grid),
    own: lines.events(grid, always(grid, ownMs)),
    slow: { [ratio]: lines.events(grid, ratio === 1 ? base : base.map((ms) => ratio * ms)) },
  });
  const bad = CATASTROPHE_P95 * recentP95;
  return {
    dayBucket: limits.dayBucket,
    sums: {
      grid,
      arms: {
        to: arm(to, histograms.to, limits.ownMs.to, LIMITS.latencyRatio),
        from: arm(from, histograms.from, limits.ownMs.from, 1),
      },
      recent: { to: to.recent(span, bad), from: from.recent(span, bad) },
    },
  };
}
