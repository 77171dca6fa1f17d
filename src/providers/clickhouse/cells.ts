/**
 * Lines added up by arm, for all parts and kinds of event in one statement: the lines are read once, whatever is grouped of them.
 * Invariant: cells of user bin × tick are whole before they are squared, whatever lines they came from.
 */
import type { Grid } from '../../domain/clusters/index.ts';
import type { Added, Rows } from '../../domain/engine-sums/index.ts';
import { numbers, type Database } from './database.ts';

/** What a row is of: a cell (`k1` the bin, `k2` the tick), an instance and an equal part of the newest looks (`k1` both), or users. */
const WHAT = { cell: 0, beside: 1, users: 2 } as const;

/** Of a row that {@link gathered} makes: it is of a user, and its mask is of all lines of that user. */
export const IS_OF_USERS = `what = ${WHAT.users}`;

/** Bits of a mask at most: an unsigned number of 32. */
const MASK_BITS = 32;
/** More than there are equal parts of the newest looks, with what is in none. */
const SLOTS = 32;
/** Bits of a tick, beside the bin's above that: two years of minutes. */
const TICK_BITS = 20;

export interface Sheet {
  /** Relations from {@link cellRows} and {@link gathered}. */
  readonly rows: readonly string[];
  /** Bit of the mask that stands for each column: trials, then events among them, then what has no products. */
  readonly columns: Readonly<Record<string, number>>;
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

const BESIDE = `toUInt16((instance + 1) * ${SLOTS} + slot + 1)`;

/** Cells as they are: a relation with arm, bin, tick, mask and n, any number of rows for one cell. */
export function cellRows(relation: string): string {
  return `SELECT toUInt8(${WHAT.cell}) AS what, arm, bin AS k1, toUInt32(tick) AS k2, mask, n FROM ${relation}`;
}

/** By instance and equal part of the newest looks: a relation with arm, instance, slot, mask and n. */
export function besideRows(relation: string): string {
  return `SELECT toUInt8(${WHAT.beside}) AS what, arm, ${BESIDE} AS k1, toUInt32(0) AS k2, mask, n FROM ${relation}`;
}

/**
 * Lines by cell, by instance and equal part, and by user: a relation with arm, who, bin, tick, instance, slot, mask and n.
 * A line is counted under a number for each, which is quicker than to group by sets of columns.
 * @param told mask and `n` of a row in SQL, from those of `one`: by {@link IS_OF_USERS} of all lines of a user, else of lines of one mask
 */
export function gathered(
  relation: string,
  told: { readonly mask: string; readonly n: string } = { mask: 'one.mask', n: 'one.n' },
): string {
  const above = (k1: string, k2: string): string =>
    `bitShiftLeft(bitShiftLeft(toUInt64(${k1}), ${TICK_BITS}) + ${k2}, ${MASK_BITS}) + mask`;
  const keys = { [WHAT.cell]: above('bin', 'tick'), [WHAT.beside]: above(BESIDE, '0'), [WHAT.users]: 'who' };
  const whats = Object.keys(keys).map((what) => `toUInt8(${what})`);
  const ofLines = (part: string): string => `if(${IS_OF_USERS}, 0, ${part})`;
  return `SELECT one.what AS what, arm, toUInt16(${ofLines(`bitShiftRight(one.key, ${MASK_BITS + TICK_BITS})`)}) AS k1,
      toUInt32(${ofLines(`bitAnd(bitShiftRight(one.key, ${MASK_BITS}), ${2 ** TICK_BITS - 1})`)}) AS k2,
      toUInt32(${told.mask}) AS mask, if(${IS_OF_USERS}, 1, ${told.n}) AS n
    FROM (SELECT what, arm, key, groupBitOr(mask) AS mask, toInt64(sum(n)) AS n
      FROM (SELECT arm, mask, n, what, key FROM ${relation}
        ARRAY JOIN [${whats.join(', ')}] AS what, [${Object.values(keys).join(', ')}] AS key)
      GROUP BY what, arm, key) AS one`;
}

export async function addUp(
  db: Database,
  { rows, columns, kinds }: Sheet,
  { ticks, blockTicks }: Grid,
  signal?: AbortSignal,
): Promise<AddedUp> {
  const names = Object.keys(columns);
  if (Math.max(...Object.values(columns)) >= MASK_BITS)
    throw new RangeError(`${names.length} columns are no bits of a mask`);
  const events = kinds.reduce((sum, count) => sum + count, 0);
  const trialsOf = kinds.map((count, at) => `arrayWithConstant(${count}, sums[${at + 1}])`).join(', ');
  const x = `arraySlice(sums, ${kinds.length + 1}, ${events})`;
  // Of each trial with itself, of each event with its trials, of each event with itself.
  const squares = `arrayConcat(arrayMap(n -> n * n, arraySlice(sums, 1, ${kinds.length})),
    arrayMap((n, x) -> n * x, arrayConcat(${trialsOf}), ${x}), arrayMap(x -> x * x, ${x}))`;
  // Lists from here on: a statement with a name for each column takes longer to plan than to run.
  const cells = `SELECT what, arm, k1, k2, [${Object.values(columns)
    .map((at) => `sumIf(n, bitTest(mask, ${at}))`)
    .join(', ')}] AS sums
    FROM (${rows.join(' UNION ALL ')}) GROUP BY what, arm, k1, k2`;
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
  const beside = of(FORM.beside, WHAT.beside);
  return {
    columns: names,
    byBin: of(FORM.bin, WHAT.cell),
    byTick: of(FORM.tick, WHAT.cell),
    byInstance: summedBy(beside, (both) => Math.floor(both / SLOTS) - 1),
    bySlot: summedBy(beside, (both) => (both % SLOTS) - 1),
    users: of(FORM.beside, WHAT.users),
    products: productsOf(names, kinds),
    squares: { tick: squaresOf(5), block: squaresOf(6) },
  };
}

/** Rows of arm, key and sums, added up by what is of the key; −1 is of nothing. */
function summedBy(rows: Rows, keyOf: (key: number) => number): Rows {
  const found = new Map<string, number[]>();
  for (const [arm = 0, both = 0, ...sums] of rows) {
    const key = keyOf(both);
    if (key < 0) continue;
    const own = found.get(`${arm}/${key}`);
    if (own === undefined) found.set(`${arm}/${key}`, [arm, key, ...sums]);
    else sums.forEach((n, i) => (own[i + 2] = (own[i + 2] ?? 0) + n));
  }
  return [...found.values()];
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
