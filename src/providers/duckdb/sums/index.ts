/**
 * Counts sums of users' traffic in SQL, in two passes over the lines of one turn of the store.
 * Invariant: counts as `countLines` of the domain does, to the last number.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { PartHistograms, PartLimits, TrafficSums } from '../../../domain/clusters/index.ts';
import type { SumsQuery } from '../../../ports/index.ts';
import { sumsOf } from '../../../domain/engine-sums/index.ts';
import type { LineTables } from '../tables.ts';
import { addUp } from './cells.ts';
import { createCounted, createFailed } from './counted.ts';
import { firstPass } from './first-pass.ts';
import { newClasses } from './new-classes.ts';
import { createMarked } from './second-pass.ts';
import { countRecent, countUsers } from './users.ts';

export { trafficBlocks } from './blocks.ts';

export async function trafficSums(
  connection: DuckDBConnection,
  tables: LineTables,
  { service, regions, terms }: SumsQuery,
  limits: (seen: readonly PartHistograms[]) => readonly PartLimits[],
): Promise<TrafficSums> {
  const { grid, from } = terms;
  const names = await createCounted(connection, tables, { service, regions, ...terms, ...grid });
  await createFailed(connection, terms.sameFailureMs);
  const seen = await firstPass(connection, names, grid, from !== null);
  return sumsOf(terms, { seen, names }, limits, async (asked) => {
    await createMarked(connection, asked);
    return {
      added: await addUp(connection, asked),
      users: await countUsers(connection, asked),
      recents: await countRecent(connection, asked),
      classes: await newClasses(connection, names.failure, terms),
    };
  });
}
