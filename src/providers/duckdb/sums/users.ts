/** Distinct users of the second pass, and the newest two looks by part. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { LOOKED, type Asked, type Recents, type Users } from '../../sums/index.ts';
import { instant } from '../lines.ts';
import { double } from './counted.ts';
import { numbers } from './numbers.ts';
import { byPart, recentSql } from './second-pass.ts';

export async function countUsers(
  connection: DuckDBConnection,
  { judged, terms, hasLookups }: Asked,
): Promise<Users> {
  const isRecent = `ms >= ${double(terms.recent.startMs)}`;
  // Three bits of the window, and the same three once more in its newest two looks.
  const did = `CASE WHEN NOT warm THEN 1 WHEN usable_bucket IS NULL THEN 3 ELSE 7 END`;
  const bits = `bit_or((${did} * CASE WHEN ${isRecent} THEN 9 ELSE 1 END)::UTINYINT)`;
  const dimensions = new Set(judged.map(({ dimension }) => dimension));
  // Most users are of one region, so the whole is counted from the regions' users: their lines are ten times as many.
  await connection.run(`CREATE OR REPLACE TEMP TABLE people AS
    SELECT arm_0, arm_1, who, ${bits} AS bits FROM counted GROUP BY ALL`);
  const trials = [
    ...(await byBits(connection, '(SELECT arm_0 AS arm, who, bits FROM people)', 'bit_or(bits)')),
    ...(await numbers(
      connection,
      ['arm_1', 'bits', 'count(*)'],
      'FROM people WHERE arm_1 IS NOT NULL GROUP BY arm_1, bits',
    )),
  ];
  await connection.run('DROP TABLE people');
  if (dimensions.has(2)) {
    const route = '(SELECT arm_2 AS arm, * FROM counted WHERE arm_2 IS NOT NULL)';
    trials.push(...(await byBits(connection, route, bits)));
  }
  const repeating = await numbers(
    connection,
    ['arm', 'count(*) FILTER (in_window)', 'count(*) FILTER (in_recent)'],
    `FROM (SELECT arm, who, bool_and(repeats) AS in_window,
        coalesce(bool_and(repeats) FILTER (${isRecent}), false) AS in_recent
      FROM ${byPart('again', judged)} GROUP BY ALL) GROUP BY arm`,
  );
  return {
    trials,
    events: await byBits(connection, 'marked', 'bit_or(mask)'),
    lookups: hasLookups
      ? await byBits(
          connection,
          'weighted',
          `bit_or(CASE WHEN hit THEN ${2 ** LOOKED.up} ELSE ${2 ** LOOKED.up + 2 ** LOOKED.missed} END)`,
        )
      : [],
    repeating,
  };
}

export async function countRecent(connection: DuckDBConnection, { judged, terms }: Asked): Promise<Recents> {
  const recent = recentSql(terms);
  const isRecent = `ms >= ${double(terms.recent.startMs)}`;
  // The bound by `ts` lets the engine skip what is older.
  const lines = `(SELECT side, region, route, ${recent} AS recent, count(*) AS n, count(*) FILTER (warm) AS final,
      count(*) FILTER (warm AND usable_bucket IS NOT NULL) AS usable
    FROM counted WHERE ${isRecent} AND ts >= ${instant(terms.recent.startMs)} GROUP BY ALL
    UNION ALL SELECT side, region, route, ${recent}, -1, 0, 0 FROM failed WHERE repeats AND ${isRecent})`;
  const by = 'arm, recent';
  return {
    trials: await numbers(
      connection,
      ['arm', 'recent', 'sum(n)', 'sum(final)', 'sum(usable)'],
      `FROM ${byPart(lines, judged)} GROUP BY ${by}`,
    ),
    events: await numbers(
      connection,
      ['arm', 'recent', 'mask', 'count(*)'],
      `FROM marked WHERE recent >= 0 GROUP BY ${by}, mask`,
    ),
  };
}

function byBits(connection: DuckDBConnection, relation: string, bits: string): Promise<number[][]> {
  return numbers(
    connection,
    ['arm', 'bits', 'count(*)'],
    `FROM (SELECT arm, ${bits} AS bits FROM ${relation} GROUP BY arm, who)
      GROUP BY arm, bits`,
  );
}
