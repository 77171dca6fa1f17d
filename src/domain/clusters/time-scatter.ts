/**
 * How far the difference of two colors strays over time within a hold, beyond what users explain.
 * Invariant: swings that both colors share cancel; a rise is not taken for scatter; what independent requests and the users'
 * own bursts explain (cells of user × block) is not counted twice.
 */
import { byWholeBlock } from './grid.ts';
import type { Arms, CellProducts, Series, Trials } from './sums.ts';
import { total, widening } from './user-scatter.ts';

/** Blocks needed before slope and correlation say anything. */
const BLOCKS_FOR_SHAPE = 6;
const LARGEST_CORRELATION = 0.8;
/** Few blocks understate far tails: E is raised by (1 + this / K). By simulation. */
const FEW_BLOCKS = 8;
const BLOCKS_FOR_STEP = 4;
/** Blocks that a step must leave after it. */
const BLOCKS_AFTER_STEP = 3;

export interface TimeScatter {
  /** K. */
  readonly blocks: number;
  /** Deviation of the difference by block, the oldest first; sums of shares of the whole window. */
  readonly deviations: readonly number[];
  /** Rise a block; 0 unless it rises. */
  readonly slope: number;
  /** Degrees of freedom about mean or rise. 0 with a single block: then `variance` is 0 and says nothing. */
  readonly freedom: number;
  /** V_T: variance of the difference as the blocks show it. */
  readonly variance: number;
  /** V_C: the part of it that cells explain. */
  readonly explained: number;
  /** ρ, 0 to 0.8. */
  readonly correlation: number;
  /** What remains about the best lasting rise: mean, rising line or upward step. Nothing widened. */
  readonly left: number;
  /** κ: share of `from`'s own swings that the difference still shows. */
  readonly unshared: number;
}

/**
 * @param blockTicks ticks of a block; 1 for single ticks
 * @param margin m: `to` may show m times the rate of `from`
 * @returns null without a whole block, or without trials on an arm that is there. `from` null: `to` alone.
 * Source: Cameron, Gelbach & Miller (2011) for what is subtracted.
 */
export function timeScatter(
  { to, from }: Arms<Series>,
  {
    blockTicks,
    margin,
    alone,
  }: { readonly blockTicks: number; readonly margin: number; readonly alone?: Series },
): TimeScatter | null {
  const toward = contribution(to, blockTicks, 1);
  const against = from === null ? null : contribution(from, blockTicks, margin);
  const blocks = toward?.byBlock.length ?? 0;
  if (toward === null || (from !== null && against === null) || blocks === 0) return null;
  const deviations = toward.byBlock.map((part, j) => part - (against?.byBlock[j] ?? 0));
  const explained = toward.explained + (against?.explained ?? 0);
  const slope = blocks >= BLOCKS_FOR_SHAPE ? Math.max(0, slopeOf(deviations)) : 0;
  const residuals = aboutLine(deviations, slope);
  const freedom = blocks - 1 - Number(slope > 0);
  const squares = sumOfSquares(residuals);
  const variance = freedom < 1 ? 0 : (blocks / freedom) * squares;
  const own = alone === undefined ? against : contribution(alone, blockTicks, margin);
  return {
    blocks,
    deviations,
    slope,
    freedom,
    variance,
    explained,
    correlation: blocks >= BLOCKS_FOR_SHAPE ? correlationOf(residuals, squares) : 0,
    left: leftOver(deviations, explained),
    unshared: own === null ? 1 : unshared(deviations, explained, own),
  };
}

/** E_hold: the scatter beyond cells, widened for few blocks. Infinity with a single block. */
export function scatterOfHold({ freedom, variance, explained, blocks }: TimeScatter, alpha: number): number {
  if (freedom < 1) return Infinity;
  const excess = Math.max(0, variance - explained);
  return excess === 0 ? 0 : excess * widening(alpha, freedom) * (1 + FEW_BLOCKS / blocks);
}

/** E_time: E_hold, raised for blocks that follow each other. Source: long-run variance of an AR(1). */
export function scatterOverTime(scatter: TimeScatter, alpha: number): number {
  return scatterOfHold(scatter, alpha) * longRun(scatter);
}

/** E_time for a PASS, whose level is no far tail: not raised for few blocks. */
export function scatterForPass(scatter: TimeScatter, alpha: number): number {
  return scatterOverTime(scatter, alpha) / (1 + FEW_BLOCKS / scatter.blocks);
}

function longRun({ correlation }: TimeScatter): number {
  return (1 + correlation) / (1 - correlation);
}

interface Contribution {
  readonly byBlock: readonly number[];
  readonly explained: number;
}

function contribution({ trials, events }: Series, blockTicks: number, margin: number): Contribution | null {
  const n = total(trials.byTick);
  if (n === 0) return null;
  const rate = total(events.byTick) / n;
  const weight = margin / n;
  const counts = byWholeBlock(trials.byTick, blockTicks);
  const hits = byWholeBlock(events.byTick, blockTicks);
  return {
    byBlock: counts.map((count, j) => weight * ((hits[j] ?? 0) - rate * count)),
    explained: weight * weight * cellSquares(trials, blockTicks, rate, events.squares),
  };
}

/** Σ (x − p n)² over cells. */
function cellSquares(
  { squares }: Trials,
  blockTicks: number,
  rate: number,
  products: { readonly block: CellProducts; readonly tick: CellProducts },
): number {
  const unit = blockTicks === 1 ? 'tick' : 'block';
  const { nx, xx } = products[unit];
  return Math.max(0, xx - 2 * rate * nx + rate * rate * squares[unit]);
}

function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  let [product, square] = [0, 0];
  for (const [j, value] of values.entries()) {
    product += (j - middle) * value;
    square += (j - middle) ** 2;
  }
  return square === 0 ? 0 : product / square;
}

function aboutLine(values: readonly number[], slope: number): number[] {
  const mean = total(values) / values.length;
  const middle = (values.length - 1) / 2;
  return values.map((value, j) => value - mean - slope * (j - middle));
}

function sumOfSquares(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function correlationOf(residuals: readonly number[], squares: number): number {
  if (squares === 0) return 0;
  let product = 0;
  for (let j = 1; j < residuals.length; j += 1) product += (residuals[j] ?? 0) * (residuals[j - 1] ?? 0);
  return Math.min(LARGEST_CORRELATION, Math.max(0, product / squares));
}

/** E_left: the smallest residual sum of squares about mean, rising line and upward step. */
function leftOver(values: readonly number[], explained: number): number {
  const blocks = values.length;
  if (blocks < 2) return 0;
  let best = { squares: sumOfSquares(aboutLine(values, 0)), freedom: blocks - 1 };
  const consider = (squares: number, freedom: number): void => {
    if (squares < best.squares) best = { squares, freedom };
  };
  if (blocks >= BLOCKS_FOR_STEP) {
    const slope = slopeOf(values);
    if (slope > 0) consider(sumOfSquares(aboutLine(values, slope)), blocks - 2);
    for (let at = 1; at <= blocks - BLOCKS_AFTER_STEP; at += 1) {
      const [before, after] = [values.slice(0, at), values.slice(at)];
      if (total(after) / after.length <= total(before) / before.length) continue;
      consider(sumOfSquares(aboutLine(before, 0)) + sumOfSquares(aboutLine(after, 0)), blocks - 3);
    }
  }
  return Math.max(0, (blocks / best.freedom) * best.squares - explained);
}

/** κ: 1 where `from` shows no swings of its own beyond twice what its cells explain. */
function unshared(deviations: readonly number[], explained: number, from: Contribution): number {
  const spread = (values: readonly number[]): number =>
    values.length < 2 ? 0 : (values.length / (values.length - 1)) * sumOfSquares(aboutLine(values, 0));
  const own = spread(from.byBlock);
  if (own <= 2 * from.explained) return 1;
  return Math.min(1, Math.max(0, spread(deviations) - explained) / (own - from.explained));
}
