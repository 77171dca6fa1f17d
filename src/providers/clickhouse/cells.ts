/**
 * Rows added up by arm, for all parts and kinds of event in one statement: the rows are read once, whatever is grouped of them.
 * Invariant: cells of user bin × tick are whole before they are squared, whatever rows they came from.
 */
import type { Grid } from '../../domain/clusters/index.ts';
import type { Added, Rows } from '../../domain/engine-sums/index.ts';
import { numbers, type Database } from './database.ts';

/** What a row is of: a cell (`k1` the bin, `k2` the tick), or, by `k1`, an instance, an equal part of the newest looks, or users. */
export const WHAT = { cell: 0, instance: 1, slot: 2, users: 3 } as const;

export interface Sheet {
  /** A relation with `what`, `arm`, `k1`, `k2` and `sums`: a number for each column, grouped already or not; the last may be left out. */
  readonly rows: string;
  /** Trials, then events among them, then what has no products. */
  readonly columns: readonly string[];
  /** How many events are among the trials of each of the first columns, in order. */
  readonly kinds: readonly number[];
}

export interface AddedUp extends Added {
  /** Rows: arm, equal part, a sum for each column. */
  readonly bySlot: Rows;
  /** Rows: arm, 0, a sum for each column. */
  readonly users: Rows;
}

/** What a row of the answer adds up: cells of a bin, cells of a tick, what is no cell; or it has the squares of an arm. */
const FORM = { bin: 0, tick: 1, beside: 2, squares: 3 } as const;

export async function addUp(
  db: Database,
  { rows, columns, kinds }: Sheet,
  { ticks, blockTicks }: Grid,
  signal?: AbortSignal,
): Promise<AddedUp> {
  const events = kinds.reduce((sum, count) => sum + count, 0);
  const trialsOf = kinds.map((count, at) => `arrayWithConstant(${count}, sums[${at + 1}])`).join(', ');
  const x = `arraySlice(sums, ${kinds.length + 1}, ${events})`;
  // Of each trial with itself, of each event with its trials, of each event with itself.
  const squares = `arrayConcat(arrayMap(n -> n * n, arraySlice(sums, 1, ${kinds.length})),
    arrayMap((n, x) -> n * x, arrayConcat(${trialsOf}), ${x}), arrayMap(x -> x * x, ${x}))`;
  // Lists, because a statement with a name for each column takes longer to plan than to run.
  const cells = `SELECT what, arm, k1, k2, arrayResize(sumForEach(sums), ${columns.length}, 0) AS sums
    FROM (SELECT what, arm, k1, k2, arrayMap(one -> toInt64(one), sums) AS sums FROM ${rows}) GROUP BY what, arm, k1, k2`;
  // Blocks are whole ones, counted back from the end.
  const grouped = `SELECT what, arm, toUInt8(grouping(k1)) AS by_tick, if(by_tick = 1, k2, k1) AS key, back,
      sumForEach(sums) AS sums, sumForEach(squared) AS of_ticks
    FROM (SELECT what, arm, k1, k2, intDiv(${ticks - 1} - k2, ${blockTicks}) AS back, sums, if(what = 0, ${squares}, []) AS squared FROM (${cells}))
    GROUP BY GROUPING SETS ((what, arm, k1, back), (what, arm, k2))`;
  const isCell = 'what = 0 AND by_tick = 0';
  const found = await db.rows(
    `SELECT multiIf(grouping(key) = 1, ${FORM.squares}, what > 0, ${FORM.beside}, by_tick) AS form, what, arm, key,
      if(form = ${FORM.squares}, [], sumForEach(sums)), if(form = ${FORM.squares}, sumForEach(ticks), []), if(form = ${FORM.squares}, sumForEach(blocks), [])
    FROM (SELECT what, arm, by_tick, key, sums, if(${isCell}, of_ticks, []) AS ticks,
        if(${isCell} AND back < ${Math.floor(ticks / blockTicks)}, ${squares}, []) AS blocks
      FROM (${grouped}) WHERE what = 0 OR by_tick = 0)
    GROUP BY GROUPING SETS ((what, arm, by_tick, key), (arm))`,
    signal,
  );
  const of = (form: number, what: number): Rows =>
    found.flatMap(([ofForm, ofWhat, arm, key, sums]) =>
      Number(ofForm) === form && Number(ofWhat) === what
        ? [[Number(arm), Number(key), ...numbers(sums)]]
        : [],
    );
  const squaresOf = (at: 5 | 6): Rows =>
    found.flatMap((row) => (Number(row[0]) === FORM.squares ? [[Number(row[2]), ...numbers(row[at])]] : []));
  return {
    columns,
    byBin: of(FORM.bin, WHAT.cell),
    byTick: of(FORM.tick, WHAT.cell),
    byInstance: of(FORM.beside, WHAT.instance),
    bySlot: of(FORM.beside, WHAT.slot),
    users: of(FORM.beside, WHAT.users),
    products: productsOf(columns, kinds),
    squares: { tick: squaresOf(5), block: squaresOf(6) },
  };
}

/** Names of the squares, in order. */
function productsOf(columns: readonly string[], kinds: readonly number[]): string[] {
  const [trials, events] = [columns.slice(0, kinds.length), columns.slice(kinds.length)];
  const trialOf = kinds.flatMap((count, at) => Array.from({ length: count }, () => trials[at] ?? ''));
  const product = (one: string, other: string): string => `${one}*${other}`;
  return [
    ...trials.map((one) => product(one, one)),
    ...trialOf.map((one, at) => product(one, events[at] ?? '')),
    ...trialOf.map((_one, at) => product(events[at] ?? '', events[at] ?? '')),
  ];
}
