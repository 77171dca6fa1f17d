/** Kinds of event of the second pass as bits of one number a line, so that lines are grouped once for all of them. */
import { allBlocks, type Grid, type Part, type PartLimits, type SlowLimits } from '../clusters/index.ts';
import { bit, TRIALS } from './counted.ts';

/** Kinds of event by bit. */
export interface Bits {
  readonly failed: number;
  readonly final: SlowBits;
  readonly usable: SlowBits;
  /** Within the newest two looks. */
  readonly recent: { readonly failed: number; readonly final: number; readonly usable: number };
}

export interface SlowBits {
  readonly own: number;
  /** One for each ratio. */
  readonly slow: readonly number[];
}

/** A part by number: dimension 0 is the whole. */
export interface Judged {
  readonly dimension: 0 | 1 | 2;
  readonly number: number;
  readonly limit: PartLimits;
}

export const DIMENSIONS = { region: 1, route: 2 } as const satisfies Record<Part['dimension'], number>;

export function bitsOf(limits: readonly PartLimits[]): Bits {
  const most = (key: 'final' | 'usable'): number =>
    Math.max(0, ...limits.map((limit) => limit[key]?.ratios.length ?? 0));
  const [final, usable] = [most('final'), most('usable')];
  const slow = (from: number, count: number): SlowBits => ({
    own: from,
    slow: Array.from({ length: count }, (_, i) => from + 1 + i),
  });
  const next = 3 + final + usable;
  return {
    failed: 0,
    final: slow(1, final),
    usable: slow(2 + final, usable),
    recent: { failed: next, final: next + 1, usable: next + 2 },
  };
}

/** Kinds of event of the whole window, and the trials they are among. */
export function kindsOf({ failed, final, usable }: Bits): { readonly at: number; readonly trials: string }[] {
  return [
    { at: failed, trials: TRIALS.errors },
    ...[final.own, ...final.slow].map((at) => ({ at, trials: TRIALS.final })),
    ...[usable.own, ...usable.slow].map((at) => ({ at, trials: TRIALS.usable })),
  ];
}

/** Pairs of columns whose products are added up over cells. */
export function productsOf(bits: Bits): {
  readonly trials: readonly (readonly [string, string])[];
  readonly events: readonly (readonly [string, string])[];
} {
  return {
    trials: [TRIALS.errors, TRIALS.final, TRIALS.usable].map((column) => [column, column]),
    events: kindsOf(bits).flatMap(({ at, trials }) => [
      [trials, bit(at)],
      [bit(at), bit(at)],
    ]),
  };
}

/** What is slow: one of these for each arm and block. Null: nothing is. */
export interface Thresholds {
  readonly arm: number;
  readonly block: number;
  readonly final: SlowThresholds;
  readonly usable: SlowThresholds;
}

interface SlowThresholds {
  readonly own: number | null;
  /** One for each bit of `slow`. */
  readonly slow: readonly (number | null)[];
  readonly far: number | null;
}

export function thresholds(judged: readonly Judged[], bits: Bits, grid: Grid): Thresholds[] {
  return judged.flatMap(({ limit }, place) =>
    [0, 1].flatMap((side) =>
      Array.from({ length: allBlocks(grid) }, (_, block): Thresholds => {
        const of = (key: 'final' | 'usable'): SlowThresholds =>
          slowOf(limit[key], side, block, bits[key].slow.length);
        return { arm: 2 * place + side, block, final: of('final'), usable: of('usable') };
      }),
    ),
  );
}

function slowOf(limits: SlowLimits | null, side: number, block: number, ratios: number): SlowThresholds {
  if (limits === null) return { own: null, slow: Array.from({ length: ratios }, () => null), far: null };
  const base = limits.baseMs[block];
  // `from` has one limit, its own level.
  const asked = side === 1 ? limits.ratios : [1];
  return {
    own: side === 1 ? limits.ownMs.to : limits.ownMs.from,
    slow: Array.from({ length: ratios }, (_, i) => {
      const ratio = asked[i];
      return ratio === undefined || base === undefined ? null : ratio * base;
    }),
    far: limits.farMs,
  };
}

/** The least that anything is compared with, ms; null where nothing is. */
export function leastMs(judged: readonly Judged[], key: 'final' | 'usable'): number | null {
  const all = judged.flatMap(({ limit }) => {
    const slow = limit[key];
    if (slow === null) return [];
    const { ownMs, baseMs, ratios, farMs } = slow;
    const lowest = Math.min(1, ...ratios);
    return [ownMs.to, ownMs.from ?? ownMs.to, farMs, ...baseMs.map((base) => lowest * base)];
  });
  return all.length === 0 ? null : Math.min(...all);
}
