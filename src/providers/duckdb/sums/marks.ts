/** What is slow, in SQL. */
import { thresholds, type Asked, type Bits } from '../../../domain/engine-sums/index.ts';
import { double } from './counted.ts';

/** A row for each arm and block: the columns that {@link slowMask} compares with. */
export function limitsTable({ judged, bits, terms }: Asked): string {
  const columns = (['final', 'usable'] as const).flatMap((series) => [
    `${series}_own`,
    ...bits[series].slow.map((_, i) => `${series}_${i}`),
    `${series}_far`,
  ]);
  const values = thresholds(judged, bits, terms.grid).map(({ arm, block, final, usable }) => {
    const limits = [final, usable].flatMap(({ own, slow, far }) => [own, ...slow, far]);
    return `(${[arm, block, ...limits.map((limit) => (limit === null ? 'NULL::DOUBLE' : double(limit)))].join(', ')})`;
  });
  return `SELECT * FROM (VALUES ${values.join(', ')}) AS limits(arm, block, ${columns.join(', ')})`;
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
