/**
 * How much scatter over time a hold that is still ahead will show: by chance alone, and as a day of `from` lets expect.
 * Invariant: the same bounds from above and below as the rule has; only what it measures is drawn here.
 */
import { normalQuantile, normalUpperQuantile } from '../stats/index.ts';
import { levelOf, scatterOfDay, slowPart, type DayScatter } from './day.ts';
import { widening } from './user-scatter.ts';

/** Equally likely amounts of scatter. */
const DRAWS = 24;
const LEAST_BLOCKS = 3;

/** A look ahead. */
export interface LookAhead {
  /** Trials of each arm. */
  readonly to: number;
  readonly from: number;
  /** `from` has no users any more: its day stands for it. */
  readonly isAlone: boolean;
  readonly ticks: number;
  /** Whole blocks. */
  readonly blocks: number;
  readonly alpha: number;
  /** Judged before the earliest time, by the day. */
  readonly isEarly: boolean;
}

/** What the difference must reach beyond moments, for equally likely amounts of scatter; null where none can be told. */
export function needsAhead(
  { to, from, isAlone, blocks, ticks, alpha, isEarly }: LookAhead,
  rates: { readonly to: number; readonly from: number },
  margin: number,
  past: DayScatter | null,
): readonly number[] | null {
  const own = (rates.to * (1 - rates.to)) / to;
  const explained = isAlone ? own : own + (margin * margin * rates.from * (1 - rates.from)) / from;
  const length = Math.max(1, blocks);
  if (!isEarly && blocks < LEAST_BLOCKS) return null;
  const draws = (freedom: number): number[] =>
    Array.from({ length: DRAWS }, (_, i) => meanSquare(freedom, (i + 0.5) / DRAWS));
  const z = normalUpperQuantile(alpha);
  const widened = widening(alpha, Math.max(1, blocks - 1)) * (1 + 8 / length);
  if (past === null) {
    if (isAlone || isEarly) return null;
    return draws(blocks - 1).map((one) => z * Math.sqrt(Math.max(0, explained * (one - 1)) * widened));
  }
  const ofDay = scatterOfDay(past, rates, margin, alpha);
  if (isEarly) {
    const worst = past.worst * (past.rate === 0 ? 1 : Math.max(1, rates.from / past.rate));
    if (rates.to <= worst) return null;
    return draws(ticks - 1).map((one) => z * Math.sqrt(Math.max(ofDay, explained * (one - 1))));
  }
  const swing = (Math.max(0, past.inside) / blocks) * (1 + margin * margin) * levelOf(past, rates, margin);
  const shown = explained + swing;
  return draws(blocks - 1).map((one) => {
    const ofHold = Math.max(0, shown * one - explained) * widened;
    const left = Math.max(0, shown * (1 + ((one - 1) * blocks) / (blocks - 2)) - explained);
    const ceiling = Math.min(ofHold, Math.max(ofDay, left));
    return z * Math.sqrt(isAlone ? ofDay + ceiling : Math.max(slowPart(past, ofDay), ceiling));
  });
}

/** Quantile of a sample's variance over the true one. Source: Wilson & Hilferty (1931). */
function meanSquare(freedom: number, p: number): number {
  const small = 2 / (9 * freedom);
  return Math.max(0, 1 - small + normalQuantile(p) * Math.sqrt(small)) ** 3;
}
