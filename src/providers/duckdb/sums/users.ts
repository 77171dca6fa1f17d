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

export async function countUsers(connection: DuckDBConnection, asked: Asked): Promise<Users> {
  const { judged, terms, hasLookups } = asked;
  const repeating = await numbers(
    connection,
    ['arm', 'count(*) FILTER (in_window)', 'count(*) FILTER (in_recent)'],
    `FROM (SELECT arm, who, bool_and(repeats) AS in_window,
        coalesce(bool_and(repeats) FILTER (ms >= ${double(terms.recent.startMs)}), false) AS in_recent
      FROM ${byPart('again', judged)} GROUP BY ALL) GROUP BY arm`,
  );
  return {
    trials: await countTrials(connection, asked),
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
 * thing that users did. Of the newest two looks only their own lines are read.
 */
async function countTrials(connection: DuckDBConnection, { judged, terms }: Asked): Promise<Rows> {
  const timesUsable = judged.some(({ limit }) => limit.usable !== null);
  const count = async (any: number, final: number, usable: number, which: string): Promise<number[][]> => {
    const did = { [any]: 'did', [final]: 'did >> 32', ...(timesUsable ? { [usable]: 'usable' } : {}) };
    const sums = Object.values(did).flatMap((bits) =>
      judged.map((_, place) => `coalesce(sum(n) FILTER ((${bits}) & ${2 ** place} > 0), 0)`),
    );
    const usableBits = timesUsable
      ? ', bit_or(CASE WHEN warm AND usable_bucket IS NOT NULL THEN parts ELSE 0::UBIGINT END) AS usable'
      : '';
    // Most users did one of few things: those are counted, before each is looked at for every part.
    const people = `(SELECT side, did${timesUsable ? ', usable' : ''}, count(*) AS n
      FROM (SELECT side, bit_or(did) AS did${usableBits} FROM counted WHERE ${which} GROUP BY side, who) GROUP BY ALL)`;
    const found = await numbers(connection, ['side', ...sums], `FROM ${people} GROUP BY side`);
    return found.flatMap(([side = 0, ...users]) =>
      users.map((n, i) => [
        2 * (i % judged.length) + side,
        2 ** Number(Object.keys(did)[Math.floor(i / judged.length)]),
        n,
      ]),
    );
  };
  return [
    ...(await count(DID.any, DID.final, DID.usable, 'true')),
    ...(await count(DID.recentAny, DID.recentFinal, DID.recentUsable, isRecent(terms))),
  ];
}

/** The bound by `ts` lets the engine skip what is older. */
function isRecent({ recent }: Asked['terms']): string {
  return `ms >= ${double(recent.startMs)} AND ts >= ${instant(recent.startMs)}`;
}

export async function countRecent(connection: DuckDBConnection, { judged, terms }: Asked): Promise<Recents> {
  const recent = recentSql(terms);
  const lines = `(SELECT side, region, route, ${recent} AS recent, count(*) AS n, count(*) FILTER (warm) AS final,
      count(*) FILTER (warm AND usable_bucket IS NOT NULL) AS usable
    FROM counted WHERE ${isRecent(terms)} GROUP BY ALL
    UNION ALL SELECT side, region, route, ${recent}, -1, 0, 0 FROM failed WHERE repeats AND ms >= ${double(terms.recent.startMs)})`;
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
