/**
 * The scatter that an effect must stand out of: of the hold, bounded from above and below by a day of `from`.
 * Invariant: the record names which of them decided; an effect without a whole block to compare is never believed.
 */
import { normalUpperQuantile } from '../stats/index.ts';
import {
  dayScatter,
  scatterOfDay,
  slowPart,
  withoutIncident,
  type DayBlocks,
  type DayScatter,
} from './day.ts';
import { instanceScatter } from './instance-scatter.ts';
import type { Arms, Series } from './sums.ts';
import { scatterOfHold, scatterOverTime, timeScatter, type TimeScatter } from './time-scatter.ts';
import { total } from './user-scatter.ts';

/** Whose scatter decided: the hold's own, the day's ceiling, what a lasting rise leaves, the day's floor, single ticks. */
export type ScatterSource = 'hold' | 'day' | 'left' | 'floor' | 'ticks';

export interface Moments {
  /** d: rate of `to` − m × rate of `from`. */
  readonly effect: number;
  /** What the effect must reach; null when too few blocks say anything. */
  readonly need: number | null;
  /** E that decided, over time. */
  readonly scatter: number | null;
  readonly decidedBy: ScatterSource;
  /** E_time of the hold alone; null with a single block. */
  readonly ofHold: number | null;
  readonly ofDay: number | null;
  readonly ofInstances: number;
  readonly blocks: number;
  readonly correlation: number;
  /** κ. */
  readonly unshared: number;
}

export interface MomentsInput {
  readonly arms: Arms<Series>;
  readonly margin: number;
  readonly alpha: number;
  readonly blockTicks: number;
  /** A usable day of `from` for this series, or null. */
  readonly day: DayBlocks | null;
  /** Series whose blocks show `from`'s own swings, where another than `arms.from` does. */
  readonly alone?: Series;
}

/** Smallest number of blocks whose scatter is believed. */
const LEAST_BLOCKS = 3;

export function rateOf({ trials, events }: Series): number {
  const n = total(trials.byTick);
  return n === 0 ? 0 : total(events.byTick) / n;
}

/** Null without a whole block on both arms. */
export function moments(input: MomentsInput): Moments | null {
  const { arms, margin, alpha, day } = input;
  const scatter = timeScatter(arms, input);
  if (scatter === null || arms.from === null) return null;
  const rates = { to: rateOf(arms.to), from: rateOf(arms.from) };
  const ofInstances = instanceScatter(arms, margin, alpha);
  const ofTime = scatterOverTime(scatter, alpha);
  const past = day === null ? null : dayScatter(withoutIncident(day), scatter.blocks);
  const ofDay = past === null ? null : scatterOfDay(past, rates, margin, alpha);
  const { value, decidedBy } =
    past === null || ofDay === null
      ? { value: ofTime, decidedBy: 'hold' as const }
      : bounded(scatter, past, ofDay, alpha);
  const isEnough = scatter.blocks >= LEAST_BLOCKS && Number.isFinite(value);
  return {
    effect: rates.to - margin * rates.from,
    need: isEnough ? normalUpperQuantile(alpha) * Math.sqrt(value + ofInstances) : null,
    scatter: isEnough ? value : null,
    decidedBy,
    ofHold: Number.isFinite(ofTime) ? ofTime : null,
    ofDay,
    ofInstances,
    blocks: scatter.blocks,
    correlation: scatter.correlation,
    unshared: scatter.unshared,
  };
}

/** max(κ·E_slow, min(E_hold, max(E_day, E_left))). */
function bounded(
  scatter: TimeScatter,
  past: DayScatter,
  ofDay: number,
  alpha: number,
): { readonly value: number; readonly decidedBy: ScatterSource } {
  const hold = scatterOfHold(scatter, alpha);
  const [ceiling, over] = ofDay >= scatter.left ? [ofDay, 'day' as const] : [scatter.left, 'left' as const];
  const floor = scatter.unshared * slowPart(past, ofDay);
  const [value, decidedBy] = hold <= ceiling ? [hold, 'hold' as const] : [ceiling, over];
  return floor > value ? { value: floor, decidedBy: 'floor' } : { value, decidedBy };
}

/**
 * Before the earliest time of a FAIL: max(E_day, scatter over single ticks), and `to` worse than every window of the day.
 * @returns null without a day, or where `to` is not worse than all of it
 */
export function earlyMoments(input: MomentsInput): Moments | null {
  const { arms, margin, alpha, day, blockTicks } = input;
  if (day === null || arms.from === null) return null;
  const ticks = timeScatter(arms, { ...input, blockTicks: 1 });
  const blocks = Math.max(1, Math.floor(arms.to.trials.byTick.length / blockTicks));
  const past = dayScatter(withoutIncident(day), blocks);
  if (ticks === null || past === null) return null;
  const rates = { to: rateOf(arms.to), from: rateOf(arms.from) };
  if (rates.to <= past.worst * (past.rate === 0 ? 1 : Math.max(1, rates.from / past.rate))) return null;
  const ofDay = scatterOfDay(past, rates, margin, alpha);
  const ofTicks = Math.max(0, ticks.variance - ticks.explained);
  const scatter = Math.max(ofDay, ofTicks);
  const ofInstances = instanceScatter(arms, margin, alpha);
  return {
    effect: rates.to - margin * rates.from,
    need: normalUpperQuantile(alpha) * Math.sqrt(scatter + ofInstances),
    scatter,
    decidedBy: ofDay >= ofTicks ? 'day' : 'ticks',
    ofHold: null,
    ofDay,
    ofInstances,
    blocks,
    correlation: 0,
    unshared: ticks.unshared,
  };
}
