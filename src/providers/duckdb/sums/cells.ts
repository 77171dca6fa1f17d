/**
 * Cells of user bin × tick by arm: trials by series, events by kind, lookups with their misses, and what is added up of each.
 * Each table has its own columns only: one table with all of them costs three times as much to fill.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Grid } from '../../../domain/clusters/index.ts';
import {
  bit,
  kindsOf,
  MISSES,
  productsOf,
  TRIALS,
  type Added,
  type Asked,
} from '../../../domain/engine-sums/index.ts';
import { blockSql } from './first-pass.ts';
import { numbers } from './numbers.ts';
import { byPart } from './second-pass.ts';

interface Table {
  readonly name: string;
  /** Lines or cells, with arm, bin (null: no cell), tick and instance. */
  readonly source: string;
  /** Column by what sums it over lines. Numbers are doubles: exact for whole numbers, and faster than what never overflows. */
  readonly columns: Readonly<Record<string, string>>;
  readonly products: readonly (readonly [string, string])[];
}

export async function addUp(connection: DuckDBConnection, pass: Asked): Promise<Added[]> {
  const { judged, terms } = pass;
  const count = (column: string, which: string): string => `count(*) FILTER (${which})::DOUBLE AS ${column}`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE lines_by_cell AS
    SELECT side, region, route, bin, tick, instance, ${count(TRIALS.errors, 'true')},
      ${count(TRIALS.final, 'warm')}, ${count(TRIALS.usable, 'warm AND usable_bucket IS NOT NULL')}
    FROM counted GROUP BY GROUPING SETS ((side, region, route, bin, tick), (side, region, route, instance))
    UNION ALL SELECT side, region, route, bin, tick, NULL, -1, 0, 0 FROM failed WHERE repeats
    UNION ALL SELECT side, region, route, NULL, NULL, instance, -1, 0, 0 FROM failed WHERE repeats`);
  const added: Added[] = [];
  for (const table of tablesOf(pass, byPart('lines_by_cell', judged))) {
    added.push(await addUpTable(connection, table, terms.grid));
  }
  for (const name of ['lines_by_cell', 'trials_by_tick', 'trials_by_block']) {
    await connection.run(`DROP TABLE ${name}`);
  }
  return added;
}

function tablesOf({ bits, hasLookups }: Asked, linesByCell: string): Table[] {
  const timed = [TRIALS.errors, TRIALS.final, TRIALS.usable];
  const kinds = kindsOf(bits);
  const products = productsOf(bits);
  const { lookups } = TRIALS;
  return [
    {
      name: 'trials',
      source: linesByCell,
      columns: Object.fromEntries(timed.map((column) => [column, `sum(${column})`])),
      products: products.trials,
    },
    {
      name: 'events',
      source: 'marked',
      columns: Object.fromEntries(
        kinds.map(({ at }) => [bit(at), `count(*) FILTER (mask & ${2 ** at} > 0)::DOUBLE`]),
      ),
      products: products.events,
    },
    ...(hasLookups
      ? [
          {
            name: 'asked',
            source: 'weighted',
            columns: {
              [lookups]: 'sum(weight)::DOUBLE',
              [MISSES]: 'sum(CASE WHEN hit THEN 0 ELSE weight END)::DOUBLE',
            },
            products: [
              [lookups, lookups],
              [lookups, MISSES],
              [MISSES, MISSES],
            ] as const,
          },
        ]
      : []),
  ];
}

async function addUpTable(
  connection: DuckDBConnection,
  { name, source, columns, products }: Table,
  grid: Grid,
): Promise<Added> {
  const names = Object.keys(columns);
  const [byTick, byBlock, byInstance] = [`${name}_by_tick`, `${name}_by_block`, `${name}_by_instance`];
  const sums = Object.entries(columns).map(([column, sql]) => `${sql} AS ${column}`);
  const again = names.map((column) => `sum(${column}) AS ${column}`);
  const make = (table: string, by: string, list: readonly string[], from: string): Promise<unknown> =>
    connection.run(
      `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT arm, ${by}, ${list.join(', ')} FROM ${from} GROUP BY ALL`,
    );
  await make(byTick, 'bin, tick', sums, `${source} WHERE bin IS NOT NULL`);
  await make(byInstance, 'instance', sums, `${source} WHERE instance >= 0`);
  // Blocks are whole ones, counted back from the end.
  const short = grid.ticks % grid.blockTicks;
  await make(byBlock, `bin, ${blockSql(grid)} AS block`, again, `${byTick} WHERE tick >= ${short}`);
  const grouped = (key: string, from: string): Promise<number[][]> =>
    numbers(
      connection,
      ['arm', key, ...names.map((one) => `sum(${one})`)],
      `FROM ${from} GROUP BY arm, ${key}`,
    );
  const squared = (table: string, over: string): Promise<number[][]> => {
    // An event is among the trials of its cell, which another table holds.
    const beside = name === 'events' ? ` JOIN trials_by_${over} USING (arm, bin, ${over})` : '';
    return numbers(
      connection,
      ['arm', ...products.map(([one, other]) => `sum(${one} * ${other})`)],
      `FROM ${table}${beside} GROUP BY arm`,
    );
  };
  const added = {
    columns: names,
    byBin: await grouped('bin', byTick),
    byTick: await grouped('tick', byTick),
    byInstance: await grouped('instance', byInstance),
    products: products.map((pair) => pair.join('*')),
    squares: { tick: await squared(byTick, 'tick'), block: await squared(byBlock, 'block') },
  };
  // What the next table does not need makes room for it.
  if (name !== 'trials') {
    await connection.run(`DROP TABLE ${byTick}`);
    await connection.run(`DROP TABLE ${byBlock}`);
  }
  return added;
}
