/**
 * Counts sums of users' traffic in SQL, in two passes over the lines of one turn of the store.
 * Invariant: counts as `countLines` of the domain does, to the last number.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { PartHistograms, PartLimits, TrafficSums } from '../../../domain/clusters/index.ts';
import type { SumsQuery } from '../../../ports/index.ts';
import type { LineTables } from '../tables.ts';
import { Assembly } from './assemble.ts';
import { createCounted, createFailed, type Names } from './counted.ts';
import { firstPass } from './first-pass.ts';
import { bitsOf, DIMENSIONS, type Judged } from './marks.ts';
import { newClasses } from './new-classes.ts';
import { addUp } from './cells.ts';
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
  const judged = limits(seen).map((limit): Judged & { seen: PartHistograms } => judgedOf(limit, names, seen));
  const hasLookups = seen.some(({ strata }) => strata !== null);
  const bits = bitsOf(judged.map(({ limit }) => limit));
  // Users at risk are the whole's, whatever is judged.
  const whole: Judged = { dimension: 0, number: 0, limit: NO_LIMITS };
  const all = [...judged, whole];
  const atRisk = 2 * all.findIndex(({ dimension }) => dimension === 0);
  const pass = { judged: atRisk === 2 * judged.length ? all : judged, terms, bits, hasLookups };
  await createMarked(connection, pass);
  const assembly = new Assembly(terms, bits, {
    added: await addUp(connection, pass),
    users: await countUsers(connection, pass),
    recents: await countRecent(connection, pass),
  });
  return {
    terms,
    parts: judged.map((one, place) => assembly.part(one, place, one.seen)),
    novelty: {
      classes: await newClasses(connection, names.failure, terms),
      users: { to: assembly.atRisk(atRisk + 1), from: from === null ? null : assembly.atRisk(atRisk) },
    },
  };
}

const NO_LIMITS: PartLimits = { part: null, final: null, usable: null, weights: null };

function judgedOf(
  limit: PartLimits,
  names: Names,
  seen: readonly PartHistograms[],
): Judged & { readonly seen: PartHistograms } {
  const { part } = limit;
  const own = seen.find((one) => one.part?.dimension === part?.dimension && one.part?.name === part?.name);
  if (own === undefined) {
    throw new RangeError(`limits of ${part?.dimension ?? ''} ${part?.name ?? ''}: no such line`);
  }
  if (part === null) return { dimension: 0, number: 0, limit, seen: own };
  const number = names[part.dimension].indexOf(part.name);
  return { dimension: DIMENSIONS[part.dimension], number, limit, seen: own };
}
