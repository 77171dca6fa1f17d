/**
 * Events of the second pass as bits of one number a line, so that lines are grouped once for all kinds of event.
 */
import {
  allBlocks,
  type Grid,
  type PartLimits,
  type SlowLimits,
  type Part,
} from '../../../domain/clusters/index.ts';
import { double } from './counted.ts';

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

/** What is slow, a row for each arm and block: the columns that {@link slowMask} compares with. */
export function limitsTable(judged: readonly Judged[], bits: Bits, grid: Grid): string {
  const columns = ['final', 'usable'].flatMap((series) => [
    `${series}_own`,
    ...bits[series as 'final' | 'usable'].slow.map((_, i) => `${series}_${i}`),
    `${series}_far`,
  ]);
  const values = judged.flatMap(({ limit }, place) =>
    [0, 1].flatMap((side) =>
      Array.from({ length: allBlocks(grid) }, (_, block) => {
        const series = (key: 'final' | 'usable'): string[] =>
          thresholds(limit[key], side, block, bits[key].slow.length);
        return `(${[2 * place + side, block, ...series('final'), ...series('usable')].join(', ')})`;
      }),
    ),
  );
  return `SELECT * FROM (VALUES ${values.join(', ')}) AS limits(arm, block, ${columns.join(', ')})`;
}

function thresholds(limits: SlowLimits | null, side: number, block: number, ratios: number): string[] {
  const none = 'NULL::DOUBLE';
  if (limits === null) return Array.from({ length: ratios + 2 }, () => none);
  const own = side === 1 ? limits.ownMs.to : limits.ownMs.from;
  const base = limits.baseMs[block];
  // `from` has one limit, its own level.
  const asked = side === 1 ? limits.ratios : [1];
  return [
    own === null ? none : double(own),
    ...Array.from({ length: ratios }, (_, i) => {
      const ratio = asked[i];
      return ratio === undefined || base === undefined ? none : double(ratio * base);
    }),
    double(limits.farMs),
  ];
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

/** The bits of a line that is slow. */
export function slowMask(bits: Bits): string {
  const of = (series: 'final' | 'usable'): string[] => {
    const ms = series === 'final' ? 'tfinal' : 'tusable';
    const bit = (limit: string, at: number): string =>
      `CASE WHEN ${ms} > ${limit} THEN ${2 ** at} ELSE 0 END`;
    return [
      bit(`${series}_own`, bits[series].own),
      ...bits[series].slow.map((at, i) => bit(`${series}_${i}`, at)),
      `CASE WHEN recent >= 0 AND ${ms} > ${series}_far THEN ${2 ** bits.recent[series]} ELSE 0 END`,
    ];
  };
  return [...of('final'), ...of('usable')].join(' + ');
}
