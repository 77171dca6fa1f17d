/** The second pass: what the limits ask to add up of each part. One statement adds up a series of both arms and all parts. */
import {
  INSTANCE_BINS,
  USER_BINS,
  type CellProducts,
  type Events,
  type Recent,
  type SumsTerms,
  type Trials,
} from '../../domain/clusters/index.ts';
import { float, spreadOut, type Database, type Row } from './database.ts';

/** Lines (or lookups) that count, and which of them are events. */
export interface Relation {
  /** Columns side, region, route, who, bin, tick, block, instance_bin and weight. */
  readonly trials: string;
  /** `part` of the rows of `trials`. */
  readonly part: string;
  /** Columns side, part, who, bin, tick, block, instance_bin, weight and an `x0`, `x1`, … of 0 or 1 for each kind. */
  readonly events: string;
  readonly kinds: number;
}

/** What was added up of one arm of one part. */
export interface Counted {
  readonly trials: Trials;
  readonly events: readonly Events[];
}

/** By arm and part. */
export async function addUp(
  db: Database,
  relation: Relation,
  { grid }: SumsTerms,
  signal?: AbortSignal,
): Promise<(side: number, part: number) => Counted> {
  const { trials, part, events } = relation;
  const [sums, squares, users, instances, ofEvents] = await Promise.all([
    db.rows(sumsSql(relation), signal),
    db.rows(squaresSql(relation, grid.ticks % grid.blockTicks > 0), signal),
    db.rows(
      `SELECT side, part, uniqExact(who) FROM (SELECT side, ${part}, who FROM
        (SELECT DISTINCT side, region, route, who FROM ${trials})) GROUP BY side, part`,
      signal,
    ),
    db.rows(
      `SELECT side, part, sumMap([instance_bin], [n]) FROM (SELECT side, ${part}, instance_bin, n FROM
        (SELECT side, region, route, instance_bin, sum(toUInt64(weight)) AS n FROM ${trials}
          WHERE instance_bin >= 0 GROUP BY ALL)) GROUP BY side, part`,
      signal,
    ),
    db.rows(
      `SELECT side, part, ${kindsOf(relation, (x) => `uniqExactIf(who, ${x} > 0), sumMapIf([instance_bin], [toUInt64(weight * ${x})], instance_bin >= 0 AND ${x} > 0)`)}
      FROM ${events} GROUP BY side, part`,
      signal,
    ),
  ]);
  const find = (rows: readonly Row[], side: number, at: number): Row =>
    rows.find(([ofSide, ofPart]) => Number(ofSide) === side && Number(ofPart) === at) ?? [];
  const tables = tablesOf(sums, relation.kinds + 1, grid.ticks);
  return (side, at) => {
    const { byBin, byTick } = tables(side, at);
    const square = find(squares, side, at);
    const beside = find(ofEvents, side, at);
    const named = find(instances, side, at)[2];
    const byInstance = (value: Row[number] | undefined): number[] =>
      named === undefined ? [] : spreadOut(value, INSTANCE_BINS);
    const n = (column: number): number => Number(square[column] ?? 0);
    return {
      trials: {
        byBin: byBin[0] ?? [],
        byTick: byTick[0] ?? [],
        byInstance: byInstance(named),
        users: Number(find(users, side, at)[2] ?? 0),
        squares: { tick: n(2), block: n(3) },
      },
      events: Array.from({ length: relation.kinds }, (_, kind): Events => {
        const first = 4 + 4 * kind;
        const products = (from: number): CellProducts => ({ nx: n(from), xx: n(from + 1) });
        return {
          byBin: byBin[kind + 1] ?? [],
          byTick: byTick[kind + 1] ?? [],
          byInstance: byInstance(beside[2 + 2 * kind + 1]),
          users: Number(beside[2 + 2 * kind] ?? 0),
          squares: { tick: products(first), block: products(first + 2) },
        };
      }),
    };
  };
}

interface Tables {
  /** By column: trials, then each kind of event. */
  readonly byBin: readonly number[][];
  readonly byTick: readonly number[][];
}

/** Rows of {@link sumsSql} as lists by bin and by tick. */
function tablesOf(
  sums: readonly Row[],
  columns: number,
  ticks: number,
): (side: number, part: number) => Tables {
  const zeros = (length: number): number[][] =>
    Array.from({ length: columns }, () => Array.from({ length }, () => 0));
  const found = new Map<string, Tables>();
  const of = (side: number, part: number): Tables => {
    const place = `${side}/${part}`;
    const known = found.get(place) ?? { byBin: zeros(USER_BINS), byTick: zeros(ticks) };
    found.set(place, known);
    return known;
  };
  for (const [isByTick, at, side, part, ...counts] of sums) {
    const { byBin, byTick } = of(Number(side), Number(part));
    const lists = Number(isByTick) === 1 ? byTick : byBin;
    for (const [column, count] of counts.entries()) {
      const list = lists[column];
      if (list !== undefined) list[Number(at)] = Number(count);
    }
  }
  return of;
}

/** Cells of user bin × tick: only whole ones are squared. */
function cellsSql(relation: Relation): string {
  const { trials, part, events } = relation;
  const none = kindsOf(relation, (x) => `toUInt64(0) AS ${x}`);
  return `(SELECT side, part, bin, tick, block, sum(n) AS n, ${kindsOf(relation, (x) => `sum(${x}) AS ${x}`)} FROM (
      SELECT side, ${part}, bin, tick, block, n, ${none} FROM
        (SELECT side, region, route, bin, tick, block, sum(toUInt64(weight)) AS n FROM ${trials} GROUP BY ALL)
      UNION ALL
      SELECT side, part, bin, tick, block, toUInt64(0) AS n, ${kindsOf(relation, (x) => `toUInt64(weight * ${x}) AS ${x}`)} FROM ${events})
    GROUP BY side, part, bin, tick, block)`;
}

/** By bin (0) and by tick (1). */
function sumsSql(relation: Relation): string {
  return `SELECT grouping(bin) AS by_tick, if(by_tick = 1, toInt64(tick), toInt64(bin)), side, part, sum(n), ${kindsOf(relation, (x) => `sum(${x})`)}
    FROM ${cellsSql(relation)} GROUP BY GROUPING SETS ((side, part, bin), (side, part, tick))`;
}

/** Of cells of a tick, then of the cells of whole blocks. */
function squaresSql(relation: Relation, hasShortBlock: boolean): string {
  const isWhole = hasShortBlock ? 'block > 0' : 'true';
  return `SELECT side, part, sum(nn), sumIf(n_block * n_block, ${isWhole}), ${kindsOf(relation, (x) => `sum(n${x}), sum(${x}${x}), sumIf(n_block * ${x}_block, ${isWhole}), sumIf(${x}_block * ${x}_block, ${isWhole})`)}
  FROM (SELECT side, part, bin, block, sum(n) AS n_block, sum(n * n) AS nn,
      ${kindsOf(relation, (x) => `sum(${x}) AS ${x}_block, sum(n * ${x}) AS n${x}, sum(${x} * ${x}) AS ${x}${x}`)}
    FROM ${cellsSql(relation)} GROUP BY side, part, bin, block)
  GROUP BY side, part`;
}

function kindsOf({ kinds }: Relation, sql: (x: string) => string): string {
  return Array.from({ length: kinds }, (_, kind) => sql(`x${kind}`)).join(', ');
}

/** Number of the equal part of the newest two looks. */
function slotSql({ recent, startMs, grid }: SumsTerms): string {
  const lengthMs = (startMs + grid.ticks * grid.tickMs - recent.startMs) / recent.parts;
  return `toInt32(least(${recent.parts - 1}, floor((ms - ${float(recent.startMs)}) / ${float(lengthMs)})))`;
}

/** @param lines columns side, part, ms, who and x (0 or 1) */
export async function recentOf(
  db: Database,
  lines: string,
  terms: SumsTerms,
  signal?: AbortSignal,
): Promise<(side: number, part: number) => Recent> {
  const { parts, startMs } = terms.recent;
  const found = await db.rows(
    `SELECT side, part, sumMap([slot], [toUInt64(1)]), sumMap([slot], [toUInt64(x)]), uniqExact(who), uniqExactIf(who, x > 0)
    FROM (SELECT side, part, who, x, ${slotSql(terms)} AS slot FROM ${lines} WHERE ms >= ${float(startMs)}) GROUP BY side, part`,
    signal,
  );
  return (side, at) => {
    const row = found.find(([ofSide, ofPart]) => Number(ofSide) === side && Number(ofPart) === at);
    return {
      trials: spreadOut(row?.[2], parts),
      events: spreadOut(row?.[3], parts),
      users: Number(row?.[4] ?? 0),
      affected: Number(row?.[5] ?? 0),
    };
  };
}
