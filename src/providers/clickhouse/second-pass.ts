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
import { keyOfPair } from './parts.ts';

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

const BY = 'side, part.1, part.2';

/** By arm and part. */
export async function addUp(
  db: Database,
  relation: Relation,
  { grid }: SumsTerms,
  signal?: AbortSignal,
): Promise<(side: number, key: string) => Counted> {
  const { trials, part, events } = relation;
  const [cells, users, instances, ofEvents] = await Promise.all([
    db.rows(cellsSql(relation, grid.ticks % grid.blockTicks > 0), signal),
    db.rows(
      `SELECT ${BY}, uniqExact(who) FROM (SELECT side, ${part}, who FROM
        (SELECT DISTINCT side, region, route, who FROM ${trials})) GROUP BY side, part`,
      signal,
    ),
    db.rows(
      `SELECT ${BY}, sumMap([instance_bin], [n]) FROM (SELECT side, ${part}, instance_bin, n FROM
        (SELECT side, region, route, instance_bin, sum(toUInt64(weight)) AS n FROM ${trials}
          WHERE instance_bin >= 0 GROUP BY ALL)) GROUP BY side, part`,
      signal,
    ),
    db.rows(
      `SELECT ${BY}, ${kindsOf(relation, (x) => `uniqExactIf(who, ${x} > 0), sumMapIf([instance_bin], [toUInt64(weight * ${x})], instance_bin >= 0 AND ${x} > 0)`)}
      FROM ${events} GROUP BY side, part`,
      signal,
    ),
  ]);
  const find = (rows: readonly Row[], side: number, key: string): Row =>
    rows.find(([of, dimension, name]) => Number(of) === side && keyOfPair(dimension, name) === key) ?? [];
  return (side, key) => {
    const cell = find(cells, side, key);
    const beside = find(ofEvents, side, key);
    const named = find(instances, side, key)[3];
    const byInstance = (value: Row[number] | undefined): number[] =>
      named === undefined ? [] : spreadOut(value, INSTANCE_BINS);
    const n = (at: number): number => Number(cell[at] ?? 0);
    return {
      trials: {
        byBin: spreadOut(cell[3], USER_BINS),
        byTick: spreadOut(cell[4], grid.ticks),
        byInstance: byInstance(named),
        users: Number(find(users, side, key)[3] ?? 0),
        squares: { tick: n(5), block: n(6) },
      },
      events: Array.from({ length: relation.kinds }, (_, kind): Events => {
        const at = 7 + 6 * kind;
        const products = (first: number): CellProducts => ({ nx: n(first), xx: n(first + 1) });
        return {
          byBin: spreadOut(cell[at], USER_BINS),
          byTick: spreadOut(cell[at + 1], grid.ticks),
          byInstance: byInstance(beside[3 + 2 * kind + 1]),
          users: Number(beside[3 + 2 * kind] ?? 0),
          squares: { tick: products(at + 2), block: products(at + 4) },
        };
      }),
    };
  };
}

/** Cells of user bin × tick, then of user bin × block, then sums: squares are taken only of whole cells. */
function cellsSql(relation: Relation, hasShortBlock: boolean): string {
  const { trials, part, events } = relation;
  const isWhole = hasShortBlock ? 'block > 0' : 'true';
  const none = kindsOf(relation, (x) => `toUInt64(0) AS ${x}`);
  return `SELECT ${BY}, sumMap([bin], [n_block]), sumMap(n_ticks.1, n_ticks.2), sum(nn), sumIf(n_block * n_block, ${isWhole}),
    ${kindsOf(relation, (x) => `sumMap([bin], [${x}_block]), sumMap(${x}_ticks.1, ${x}_ticks.2), sum(n${x}), sum(${x}${x}), sumIf(n_block * ${x}_block, ${isWhole}), sumIf(${x}_block * ${x}_block, ${isWhole})`)}
  FROM (SELECT side, part, bin, block, sum(n) AS n_block, sum(n * n) AS nn, sumMap([tick], [n]) AS n_ticks,
      ${kindsOf(relation, (x) => `sum(${x}) AS ${x}_block, sum(n * ${x}) AS n${x}, sum(${x} * ${x}) AS ${x}${x}, sumMap([tick], [${x}]) AS ${x}_ticks`)}
    FROM (SELECT side, part, bin, tick, block, sum(n) AS n, ${kindsOf(relation, (x) => `sum(${x}) AS ${x}`)} FROM (
        SELECT side, ${part}, bin, tick, block, n, ${none} FROM
          (SELECT side, region, route, bin, tick, block, sum(toUInt64(weight)) AS n FROM ${trials} GROUP BY ALL)
        UNION ALL
        SELECT side, part, bin, tick, block, toUInt64(0) AS n, ${kindsOf(relation, (x) => `toUInt64(weight * ${x}) AS ${x}`)} FROM ${events})
      GROUP BY side, part, bin, tick, block)
    GROUP BY side, part, bin, block)
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
): Promise<(side: number, key: string) => Recent> {
  const { parts, startMs } = terms.recent;
  const found = await db.rows(
    `SELECT ${BY}, sumMap([slot], [toUInt64(1)]), sumMap([slot], [toUInt64(x)]), uniqExact(who), uniqExactIf(who, x > 0)
    FROM (SELECT side, part, who, x, ${slotSql(terms)} AS slot FROM ${lines} WHERE ms >= ${float(startMs)}) GROUP BY side, part`,
    signal,
  );
  return (side, key) => {
    const row = found.find(
      ([of, dimension, name]) => Number(of) === side && keyOfPair(dimension, name) === key,
    );
    return {
      trials: spreadOut(row?.[3], parts),
      events: spreadOut(row?.[4], parts),
      users: Number(row?.[5] ?? 0),
      affected: Number(row?.[6] ?? 0),
    };
  };
}
