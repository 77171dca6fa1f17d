/**
 * A day of `from` before the hold: how far a color's rate over a whole window strays from the windows beside it.
 * Invariant: a steady climb (day and night) cancels, one incident is forgiven, and what one binomial explains is not counted.
 */
import { total, widening } from './user-scatter.ts';

/** Trials and events of `from` by block, the oldest first; null where it did not carry the traffic or nothing was read. */
export type DayBlocks = readonly ({ readonly trials: number; readonly events: number } | null)[];

/** The part of a day that an incident may take: an hour. */
const INCIDENT_SHARE = 24;
const INCIDENT_RATIO = 3;
const LEAST_TRIALS = 59;
/** Windows of the hold's length that a day must hold to be used. */
export const LEAST_WINDOWS = 12;

export interface DayScatter {
  /** Rate of the day without its incident. */
  readonly rate: number;
  /** Blocks that are there and no part of the incident. */
  readonly usable: number;
  /** ⌊usable / K⌋. */
  readonly windows: number;
  /** V_K: variance of a window's rate about its neighbours. */
  readonly variance: number;
  /** Variance of a window's rate about the day's mean, its swing included. */
  readonly aboutMean: number;
  /** V_in: variance of blocks inside a window. */
  readonly inside: number;
  /** F: how much more the day swings than the blocks inside a window show, 1 to 5 K. */
  readonly hidden: number;
  /** Largest rate of a window. */
  readonly worst: number;
}

/** Windows as long as the hold that a day has, its incident left out. */
export function windowsIn(day: DayBlocks, blocksOfHold: number): number {
  return Math.floor(present(withoutIncident(day)) / Math.max(1, blocksOfHold));
}

/** True when a day has enough windows as long as the hold. */
export function isUsable(day: DayBlocks, blocksOfHold: number): boolean {
  return windowsIn(day, blocksOfHold) >= LEAST_WINDOWS;
}

/**
 * @param used a day {@link withoutIncident}
 * @param blocks K: blocks of the hold so far, 1 at least
 * @returns null when no window is whole
 */
export function dayScatter(used: DayBlocks, blocks: number): DayScatter | null {
  const usable = present(used);
  const [trials, events] = [sumOf(used, 'trials'), sumOf(used, 'events')];
  const windows = windowsOf(used, blocks);
  const there = windows.filter((one) => one !== null);
  if (there.length === 0 || trials === 0) return null;
  const rate = events / trials;
  const binomial = rate * (1 - rate);
  const seconds: number[] = [];
  for (let w = blocks; w + blocks < windows.length; w += 1) {
    const [before, one, after] = [windows[w - blocks], windows[w], windows[w + blocks]];
    if (!before || !one || !after) continue;
    seconds.push((one.rate - (before.rate + after.rate) / 2) ** 2);
  }
  const chance = binomial * mean(there.map(({ trials: n }) => 1 / n));
  const variance = seconds.length === 0 ? 0 : Math.max(0, (2 / 3) * mean(seconds) - chance);
  const inside = blocks < 2 ? 0 : mean(there.map(({ spread, inverse }) => spread - binomial * inverse));
  return {
    rate,
    usable,
    windows: Math.floor(usable / blocks),
    variance,
    aboutMean: Math.max(0, mean(there.map((one) => (one.rate - rate) ** 2)) - chance),
    inside,
    hidden: hiddenSwing(variance, inside, blocks),
    worst: Math.max(...there.map((one) => one.rate)),
  };
}

/**
 * E_day: the day's variance of the difference of two windows, at the level of the hold, widened for few windows.
 * @param rates of the hold: `to`, and `from` or what stands for it
 */
export function scatterOfDay(
  day: DayScatter,
  rates: { readonly to: number; readonly from: number },
  margin: number,
  alpha: number,
): number {
  if (day.variance === 0) return 0;
  const freedom = Math.max(1, Math.floor((day.windows - 1) / 2));
  return (1 + margin * margin) * day.variance * levelOf(day, rates, margin) * widening(alpha, freedom);
}

/** E_slow: the part of the day's swing that blocks inside a window cannot show. */
export function slowPart({ hidden }: DayScatter, ofDay: number): number {
  return ofDay * (1 - 1 / hidden);
}

/** L²: the day is scaled to the hold's level, never down. */
export function levelOf(
  { rate }: DayScatter,
  rates: { readonly to: number; readonly from: number },
  margin: number,
): number {
  return rate === 0 ? 1 : Math.max(1, (rates.to * rates.from) / margin / (rate * rate));
}

interface Window {
  readonly trials: number;
  readonly rate: number;
  /** Variance of its blocks' rates. */
  readonly spread: number;
  /** Mean of 1/n over its blocks. */
  readonly inverse: number;
}

function windowsOf(day: DayBlocks, blocks: number): (Window | null)[] {
  return Array.from({ length: Math.max(0, day.length - blocks + 1) }, (_, start) =>
    windowAt(day, start, blocks),
  );
}

/** Plain loops: a look asks for hundreds of windows. Blocks without a request have no rate. */
function windowAt(day: DayBlocks, start: number, blocks: number): Window | null {
  let [trials, events, filled, rates, inverse] = [0, 0, 0, 0, 0];
  for (let i = start; i < start + blocks; i += 1) {
    const block = day[i];
    if (!block) return null;
    trials += block.trials;
    events += block.events;
    if (block.trials === 0) continue;
    filled += 1;
    rates += block.events / block.trials;
    inverse += 1 / block.trials;
  }
  if (trials < LEAST_TRIALS) return null;
  const center = rates / filled;
  let squares = 0;
  for (let i = start; i < start + blocks; i += 1) {
    const block = day[i];
    if (block && block.trials > 0) squares += (block.events / block.trials - center) ** 2;
  }
  return {
    trials,
    rate: events / trials,
    spread: filled < 2 ? 0 : squares / (filled - 1),
    inverse: inverse / filled,
  };
}

function hiddenSwing(variance: number, inside: number, blocks: number): number {
  if (variance === 0 || blocks === 1) return 1;
  if (inside <= 0) return 5 * blocks;
  return Math.min(5 * blocks, Math.max(1, (blocks * variance) / inside));
}

/** The hour around the worst block is left out when no block outside of it comes near. */
export function withoutIncident(day: DayBlocks): DayBlocks {
  let worst = -1;
  let score = 0;
  for (const [i, block] of day.entries()) {
    if (block === null || block.trials === 0) continue;
    const own = block.events / Math.sqrt(block.trials);
    if (own > score) [worst, score] = [i, own];
  }
  const block = day[worst];
  if (!block) return day;
  const length = Math.max(1, Math.round(day.length / INCIDENT_SHARE));
  const start = Math.max(0, Math.min(day.length - length, worst - Math.floor(length / 2)));
  const isInside = (i: number): boolean => i >= start && i < start + length;
  const limit = block.events / block.trials / INCIDENT_RATIO;
  const isAlone = day.every(
    (one, i) => isInside(i) || one === null || one.events <= limit * one.trials * (1 + 1e-12),
  );
  return isAlone ? day.map((one, i) => (isInside(i) ? null : one)) : day;
}

function present(day: DayBlocks): number {
  return day.filter((block) => block !== null).length;
}

function sumOf(day: DayBlocks, what: 'trials' | 'events'): number {
  return day.reduce((sum, block) => sum + (block?.[what] ?? 0), 0);
}

function mean(values: readonly number[]): number {
  return total(values) / Math.max(1, values.length);
}
