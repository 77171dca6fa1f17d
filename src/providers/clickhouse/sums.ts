/**
 * Sums of users' traffic, added up where the lines are: nothing but sums leaves the server.
 * Invariant: the same numbers as those counted over the lines in memory.
 */
import {
  allBlocks,
  type NewClass,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
  type TrafficSums,
} from '../../domain/clusters/index.ts';
import type { SumsQuery } from '../../ports/index.ts';
import { sumsOf } from '../../domain/engine-sums/index.ts';
import { literal, numbers, type Database } from './database.ts';
import { firstPass, namesOf } from './first-pass.ts';
import { failedLines, linesWithin, type Frame } from './lines.ts';
import { lifetimesOf } from './lookups.ts';
import { secondPass } from './second-pass.ts';
import { settled, type LinesTable } from './table.ts';

export async function trafficSums(
  db: Database,
  table: LinesTable,
  { terms, service, regions }: SumsQuery,
  limitsOf: (seen: readonly PartHistograms[]) => readonly PartLimits[],
  signal?: AbortSignal,
): Promise<TrafficSums> {
  const { grid, startMs, to, from, recent, serverErrors } = terms;
  const none = { region: [], route: [] };
  const range = { service, regions, fromMs: startMs, toMs: startMs + grid.ticks * grid.tickMs };
  const asked: Frame = {
    ...grid,
    table: await settled(db, table, (one) => linesWithin(one, range), signal),
    service,
    regions,
    to,
    from,
    startMs,
    recent,
    serverErrors,
    names: none,
  };
  const frame = { ...asked, names: await namesOf(db, asked, signal) };
  const lifetimes = await lifetimesOf(db, frame, signal);
  const seen = await firstPass(db, frame, lifetimes, signal);
  return sumsOf(terms, { seen, names: frame.names }, limitsOf, async (pass) => {
    const [counted, classes] = await Promise.all([
      secondPass(db, frame, pass, lifetimes, signal),
      newClasses(db, frame, terms, signal),
    ]);
    return { ...counted, classes };
  });
}

/** Server classes that only `to` shows, by the distinct users who met them, repeats included. */
async function newClasses(
  db: Database,
  frame: Frame,
  { grid, known, apartBlocks }: SumsTerms,
  signal: AbortSignal | undefined,
): Promise<NewClass[]> {
  const lines = failedLines(frame);
  const unknown = known.length === 0 ? '' : ` AND failure NOT IN (${known.map(literal).join(', ')})`;
  const each = (sql: (block: number) => string): string =>
    `[${Array.from({ length: allBlocks(grid) }, (_, block) => sql(block)).join(', ')}]`;
  const found = await db.rows(
    `SELECT failure, uniqExact(who), ${each((block) => `uniqExactIf(who, block = ${block})`)},
        ${each((block) => `uniqExactIf(who, abs(toInt32(block) - ${block}) > ${apartBlocks})`)}
      FROM ${lines} WHERE side = 1${unknown} AND failure NOT IN (SELECT DISTINCT failure FROM ${lines} WHERE side = 0)
      GROUP BY failure ORDER BY failure`,
    signal,
  );
  return found.map(([name, users, byBlock, apart]) => ({
    name: String(name),
    users: Number(users),
    byBlock: numbers(byBlock),
    apart: numbers(apart),
  }));
}
