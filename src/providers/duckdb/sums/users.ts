/** Distinct users of the second pass, and the newest two looks by part. */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  DID,
  LOOKED,
  type Asked,
  type Recents,
  type Rows,
  type Users,
} from '../../../domain/engine-sums/index.ts';
import { instant } from '../lines.ts';
import { double } from './counted.ts';
import { numbers } from './numbers.ts';
import { byPart, recentSql } from './second-pass.ts';

export async function countUsers(
  connection: DuckDBConnection,
  { judged, terms, hasLookups }: Asked,
): Promise<Users> {
  const isRecent = `ms >= ${double(terms.recent.startMs)}`;
  const trials = await countTrials(connection, judged.length, isRecent);
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

/**
 * By arm and bit of {@link DID}. A user is looked up once a line, whatever parts are judged: they are bits of one number for each
 * thing that users did.
 */
async function countTrials(connection: DuckDBConnection, parts: number, isRecent: string): Promise<Rows> {
  const did = Object.entries({
    [DID.any]: 'true',
    [DID.final]: 'warm',
    [DID.usable]: 'warm AND usable_bucket IS NOT NULL',
    [DID.recentAny]: isRecent,
    [DID.recentFinal]: `${isRecent} AND warm`,
    [DID.recentUsable]: `${isRecent} AND warm AND usable_bucket IS NOT NULL`,
  });
  const bits = did.map(
    ([at, which]) => `bit_or(CASE WHEN ${which} THEN parts ELSE 0::UINTEGER END) AS did_${at}`,
  );
  const columns = did.map(([at]) => `did_${at}`).join(', ');
  // Most users did one of few things: those are counted, before each is looked at for every part.
  const people = `(SELECT side, ${columns}, count(*) AS n
    FROM (SELECT side, ${bits.join(', ')} FROM counted GROUP BY side, who) GROUP BY ALL)`;
  const counts = did.flatMap(([at]) =>
    Array.from({ length: parts }, (_, place) => `coalesce(sum(n) FILTER (did_${at} & ${2 ** place} > 0), 0)`),
  );
  const found = await numbers(connection, ['side', ...counts], `FROM ${people} GROUP BY side`);
  return found.flatMap(([side = 0, ...users]) =>
    users.map((n, i) => [2 * (i % parts) + side, 2 ** Number(did[Math.floor(i / parts)]?.[0]), n]),
  );
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
