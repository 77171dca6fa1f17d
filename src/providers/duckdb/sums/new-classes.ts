/** Server classes that only `to` shows, by the distinct users who met them, repeats included. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { allBlocks, type NewClass, type SumsTerms } from '../../../domain/clusters/index.ts';
import { zeros } from '../../../domain/engine-sums/index.ts';
import { blockSql } from './first-pass.ts';
import { numbers } from './numbers.ts';

/** By name. @param names of classes by number */
export async function newClasses(
  connection: DuckDBConnection,
  names: readonly string[],
  { grid, known, apartBlocks }: SumsTerms,
): Promise<NewClass[]> {
  const failed = `(SELECT failure, who, ${blockSql(grid)} AS block FROM failed
    WHERE side = 1 AND failure NOT IN (SELECT failure FROM failed WHERE side = 0))`;
  const byBlock = await numbers(
    connection,
    ['failure', 'block', 'count(DISTINCT who)'],
    `FROM ${failed} GROUP BY failure, block`,
  );
  // A user met a class outside of a moment if the first or the last block with it lies outside.
  const spans = await numbers(
    connection,
    ['failure', 'first', 'last', 'count(*)'],
    `FROM (SELECT failure, who, min(block) AS first, max(block) AS last FROM ${failed} GROUP BY failure, who)
      GROUP BY failure, first, last`,
  );
  const blocks = allBlocks(grid);
  return [...new Set(byBlock.map(([failure = 0]) => failure))]
    .map((failure) => ({ failure, name: names[failure] ?? '' }))
    .filter(({ name }) => !known.includes(name))
    .map(({ failure, name }): NewClass => {
      const usersOf = zeros(blocks);
      for (const [of, block = 0, users = 0] of byBlock) if (of === failure) usersOf[block] = users;
      const own = spans.filter(([of]) => of === failure);
      return {
        name,
        users: own.reduce((sum, [, , , users = 0]) => sum + users, 0),
        byBlock: usersOf,
        apart: usersOf.map((_, block) =>
          own.reduce(
            (sum, [, first = 0, last = 0, users = 0]) =>
              first < block - apartBlocks || last > block + apartBlocks ? sum + users : sum,
            0,
          ),
        ),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
