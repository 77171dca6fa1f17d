/**
 * Verdict of two numbers, or of one that compares, against the limits of a plan. Pure.
 * Invariant: what is missing, not a number or infinite is `inconclusive`; a limit that `from` breaks itself makes a broken
 * `to` an `error`, because then the yardstick is at fault.
 */
import type { CustomResult } from '../../domain/look-input.ts';

export interface Limits {
  readonly max?: number | undefined;
  readonly min?: number | undefined;
  readonly maxRatio?: number | undefined;
  readonly maxIncrease?: number | undefined;
  readonly minSamples?: number | undefined;
}

export interface Measured {
  /** Null: the query gave no series. Absent: the query compares by itself. */
  readonly from?: number | null;
  readonly to: number | null;
  /** Null when nobody counts. */
  readonly n: number | null;
}

export type Judged = Pick<CustomResult, 'verdict' | 'reason'>;

export function judgeLimits(measured: Measured, limits: Limits): Judged {
  const gap = gapOf(measured, limits);
  if (gap !== null) return { verdict: 'inconclusive', reason: gap };
  const { from, to } = measured as { from?: number; to: number };
  const facts = from === undefined ? `value ${shown(to)}` : `from ${shown(from)}, to ${shown(to)}`;
  const broken = absolute(to, limits);
  if (broken !== null) {
    const sick = from === undefined ? null : absolute(from, limits);
    if (sick === null) return { verdict: 'fail', reason: `${broken} (${facts})` };
    return { verdict: 'error', reason: `from breaks the limit itself: ${sick} (${facts})` };
  }
  const compared = from === undefined ? null : relative(from, to, limits);
  if (compared !== null) return { ...compared, reason: `${compared.reason} (${facts})` };
  return { verdict: 'pass', reason: `within limits: ${facts}` };
}

/** Why there is nothing to judge, or null. */
function gapOf({ from, to, n }: Measured, { minSamples }: Limits): string | null {
  const arms = from === undefined ? { compare: to } : { from, to };
  for (const [name, value] of Object.entries(arms)) {
    if (value === null) return `no data: the query of ${name} gives no series`;
    if (!Number.isFinite(value)) return `no data: the query of ${name} gives ${shown(value)}`;
  }
  if (minSamples === undefined) return null;
  if (n === null || !Number.isFinite(n)) return `no data: the number of samples is unknown`;
  return n >= minSamples ? null : `${shown(n)} samples, ${minSamples} are needed`;
}

function absolute(value: number, { max, min }: Limits): string | null {
  if (max !== undefined && value > max) return `${shown(value)} is over max ${shown(max)}`;
  if (min !== undefined && value < min) return `${shown(value)} is under min ${shown(min)}`;
  return null;
}

function relative(from: number, to: number, { maxRatio, maxIncrease }: Limits): Judged | null {
  if (maxIncrease !== undefined && to - from > maxIncrease) {
    return {
      verdict: 'fail',
      reason: `rose by ${shown(to - from)}, more than maxIncrease ${shown(maxIncrease)}`,
    };
  }
  // Nothing and nothing is no rise.
  if (maxRatio === undefined || (from === 0 && to === 0)) return null;
  if (from <= 0) {
    const why = `no ratio to a \`from\` of ${shown(from)}; maxIncrease can compare with it`;
    return { verdict: 'inconclusive', reason: why };
  }
  if (to <= maxRatio * from) return null;
  return { verdict: 'fail', reason: `${shown(to / from)} times from, more than maxRatio ${shown(maxRatio)}` };
}

/** Six digits: enough to see why, few enough to read. */
function shown(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : String(value);
}
