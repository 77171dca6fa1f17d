/**
 * The second pass: cells of user bin × tick by part and side, and what is added up of them.
 * Invariant: cells are whole before they are squared, whatever lines they came from.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type SumsTerms } from '../../../domain/clusters/index.ts';
import { double } from './counted.ts';
import { blockSql } from './first-pass.ts';
import { leastMs, limitsTable, slowMask, type Bits, type Judged } from './marks.ts';
import { numbers } from './numbers.ts';

/** Columns of the trials of each series. */
export const TRIALS = {
  errors: 'errors',
  final: 'timed_final',
  usable: 'timed_usable',
  cache: 'lookups',
} as const;
/** Column of weighted misses. */
export const MISSES = 'misses';

export interface Column {
  readonly events: string;
  /** Among these. */
  readonly trials: string;
}

/** Every kind of event with its trials. */
export function columnsOf(bits: Bits): Column[] {
  return [
    { events: bit(bits.failed), trials: TRIALS.errors },
    ...[bits.final.own, ...bits.final.slow].map((at) => ({ events: bit(at), trials: TRIALS.final })),
    ...[bits.usable.own, ...bits.usable.slow].map((at) => ({ events: bit(at), trials: TRIALS.usable })),
    { events: MISSES, trials: TRIALS.cache },
  ];
}

export const bit = (at: number): string => `bit_${at}`;

/** Sums by key (`dimension/part/side`, and a bin, tick or instance), each a list as `columns` says. */
export interface Sums {
  readonly columns: readonly string[];
  readonly byBin: Rows;
  readonly byTick: Rows;
  readonly byInstance: Rows;
  /** Columns are as {@link squaresOf} names them. */
  readonly squares: { readonly columns: readonly string[]; readonly tick: Rows; readonly block: Rows };
}

export type Rows = readonly (readonly number[])[];

export interface Pass {
  readonly judged: readonly Judged[];
  readonly terms: SumsTerms;
  readonly bits: Bits;
  /** Whether there is a table `eligible`. */
  readonly hasLookups: boolean;
}

/** A relation once for each dimension that is judged, with the part as a number; only of judged parts. */
export function byPart(relation: string, judged: readonly Judged[]): string {
  const dimensions = new Set(judged.map(({ dimension }) => dimension));
  const part = ['0', 'region', 'route'];
  const each = [...dimensions].map(
    (dimension) => `SELECT ${dimension} AS dimension, ${part[dimension]} AS part, * FROM ${relation}`,
  );
  return `((${each.join(' UNION ALL ')}) JOIN judged USING (dimension, part))`;
}

/** Number of the equal part of the newest two looks, −1 before them. */
export function recentSql({ recent, startMs, grid }: SumsTerms): string {
  const lengthMs = (startMs + grid.ticks * grid.tickMs - recent.startMs) / recent.parts;
  const since = `(ms - ${double(recent.startMs)})`;
  return `CASE WHEN ${since} < 0 THEN -1
    ELSE least(${recent.parts - 1}, floor(${since} / ${double(lengthMs)})) END::INTEGER`;
}

/** Makes the tables `judged`, `marked` (lines with an event, its kinds as bits) and `weighted` (lookups that count). */
export async function createMarked(
  connection: DuckDBConnection,
  { judged, terms, bits, hasLookups }: Pass,
): Promise<void> {
  const parts = judged.map(({ dimension, number }) => `(${dimension}, ${number})`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE judged AS
    SELECT * FROM (VALUES ${parts.join(', ')}) AS judged(dimension, part)`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE limits AS ${limitsTable(judged, bits, terms.grid)}`);
  const least = (column: string, key: 'final' | 'usable'): string => {
    const ms = leastMs(judged, key);
    return ms === null ? 'false' : `coalesce(${column} > ${double(ms)}, false)`;
  };
  const slow = `(SELECT side, region, route, bin, tick, who, instance, tfinal, tusable,
      ${blockSql(terms.grid)} AS block, ${recentSql(terms)} AS recent
    FROM counted WHERE warm AND (${least('tfinal', 'final')} OR ${least('tusable', 'usable')}))`;
  const failed = `(SELECT *, ${recentSql(terms)} AS recent FROM failed WHERE NOT repeats)`;
  const columns = 'dimension, part, side, bin, tick, who, instance, recent';
  await connection.run(`CREATE OR REPLACE TEMP TABLE marked AS
    SELECT ${columns}, ${2 ** bits.failed} + CASE WHEN recent >= 0 THEN ${2 ** bits.recent.failed} ELSE 0 END AS mask
      FROM ${byPart(failed, judged)}
    UNION ALL SELECT * FROM (SELECT ${columns}, ${slowMask(bits)} AS mask
      FROM ${byPart(slow, judged)} JOIN limits USING (dimension, part, side, block)) WHERE mask > 0`);
  if (!hasLookups) return;
  const weights = judged.flatMap(({ dimension, number, limit: { weights: own } }) =>
    own === null
      ? []
      : [own.from, own.to].flatMap((list, side) =>
          list.map((weight, stratum) => `(${dimension}, ${number}, ${side}, ${stratum}, ${weight})`),
        ),
  );
  await connection.run(`CREATE OR REPLACE TEMP TABLE weighted AS
    SELECT dimension, part, side, bin, tick, who, instance, hit, weight FROM ${byPart('eligible', judged)}
    JOIN (VALUES ${weights.length === 0 ? '(0, 0, 0, 0, 0)' : weights.join(', ')})
      AS weights(dimension, part, side, stratum, weight) USING (dimension, part, side, stratum)
    WHERE weight > 0`);
}

export async function addUp(connection: DuckDBConnection, pass: Pass): Promise<Sums> {
  const { judged, terms, bits, hasLookups } = pass;
  const { grid } = terms;
  const events = columnsOf(bits);
  const columns = [...Object.values(TRIALS), ...events.map((one) => one.events)];
  await connection.run(`CREATE OR REPLACE TEMP TABLE trials AS
    SELECT side, region, route, bin, tick, instance, count(*) AS ${TRIALS.errors},
      count(*) FILTER (warm) AS ${TRIALS.final},
      count(*) FILTER (warm AND usable_bucket IS NOT NULL) AS ${TRIALS.usable}
    FROM counted GROUP BY GROUPING SETS ((side, region, route, bin, tick), (side, region, route, instance))
    UNION ALL SELECT side, region, route, bin, tick, NULL, -1, 0, 0 FROM failed WHERE repeats
    UNION ALL SELECT side, region, route, NULL, NULL, instance, -1, 0, 0 FROM failed WHERE repeats`);
  const sum = columns.map((column) => `coalesce(sum(${column}), 0)::BIGINT AS ${column}`).join(', ');
  const cells = async (name: string, key: string, isThere: string): Promise<void> => {
    const by = `dimension, part, side, ${key}`;
    const bitSums = events
      .filter((one) => one.events !== MISSES)
      .map(({ events: column }) => `n * (mask >> ${column.slice(bit(0).length - 1)} & 1) AS ${column}`);
    const lookups = `UNION ALL BY NAME SELECT ${by}, sum(weight) AS ${TRIALS.cache},
        sum(CASE WHEN hit THEN 0 ELSE weight END) AS ${MISSES}
      FROM weighted WHERE ${isThere} GROUP BY ${by}`;
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${name} AS SELECT ${by}, ${sum} FROM (
      SELECT ${by}, ${Object.values(TRIALS)
        .map((column) => (column === TRIALS.cache ? `0 AS ${column}` : column))
        .join(', ')},
        0 AS ${MISSES} FROM ${byPart('trials', judged)} WHERE ${isThere}
      UNION ALL BY NAME SELECT ${by}, ${bitSums.join(', ')} FROM
        (SELECT ${by}, mask, count(*) AS n FROM marked WHERE ${isThere} GROUP BY ${by}, mask)
      ${hasLookups ? lookups : ''}
    ) GROUP BY ${by}`);
  };
  await cells('cells', 'bin, tick', 'bin IS NOT NULL');
  await cells('instances', 'instance', 'instance >= 0');
  const total = columns.map((column) => `sum(${column})`);
  const grouped = (key: string, from: string): Promise<number[][]> =>
    numbers(
      connection,
      ['dimension', 'part', 'side', key, ...total],
      `FROM ${from} GROUP BY dimension, part, side, ${key}`,
    );
  const squares = squaresOf(events);
  const squared = (from: string): Promise<number[][]> =>
    numbers(
      connection,
      ['dimension', 'part', 'side', ...squares.map(([one, other]) => `sum(${one} * ${other})`)],
      `FROM ${from} GROUP BY dimension, part, side`,
    );
  const blocks = `(SELECT dimension, part, side, bin, ${blockSql(grid)} AS block, ${sum} FROM cells
    WHERE tick >= ${grid.ticks % grid.blockTicks} GROUP BY dimension, part, side, bin, block)`;
  return {
    columns,
    byBin: await grouped('bin', 'cells'),
    byTick: await grouped('tick', 'cells'),
    byInstance: await grouped('instance', 'instances'),
    squares: {
      columns: squares.map((pair) => pair.join('*')),
      tick: await squared('cells'),
      block: await squared(blocks),
    },
  };
}

/** n² of each kind of trial; n x and x² of each kind of event. */
function squaresOf(events: readonly Column[]): (readonly [string, string])[] {
  return [
    ...Object.values(TRIALS).map((n) => [n, n] as const),
    ...events.flatMap(({ trials: n, events: x }) => [[n, x] as const, [x, x] as const]),
  ];
}
