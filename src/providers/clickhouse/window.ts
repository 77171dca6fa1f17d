/** What is counted of a window by color, region and route. */
import type { TrafficCounts } from '../../domain/look-input.ts';
import type { TelemetryQuery } from '../../ports/index.ts';
import { factsOf, slicesOf, type LineClass } from '../line-classes.ts';
import type { Database } from './database.ts';
import { linesWithin } from './lines.ts';
import { BY_EDGE, computed, ERROR_CLASS, OK, type LinesTable } from './table.ts';

/** What tells lines apart, as `line-classes.ts` names it. */
const CLASS = {
  kind: 'kind',
  color: 'color',
  region: 'region',
  route: 'route',
  error_class: `nullIf(${ERROR_CLASS}, '')`,
  identity: `if(${OK} AND (INDEX_HASH IS NOT NULL OR retrieval.metric IS NOT NULL OR retrieval.analyzer IS NOT NULL
      OR retrieval.embed_model IS NOT NULL OR retrieval.reranker IS NOT NULL),
    concat(${[
      'INDEX_HASH',
      'retrieval.metric',
      'retrieval.analyzer',
      'retrieval.embed_model',
      'retrieval.reranker',
    ]
      .map((part) => `toString(ifNull(${part}, '?'))`)
      .join(", '|', ")}), NULL)`,
  prefix: 'if(cache.hit IS NULL, NULL, cache.prefix)',
  hit: 'cache.hit',
  write: 'write',
  cold: 'cold',
  ok: `toBool(${OK})`,
  in_doubt: 'doubt',
  by_edge: `toBool(${BY_EDGE})`,
} as const;

const NAMES = Object.keys(CLASS);

export async function trafficCounts(
  db: Database,
  table: LinesTable,
  query: TelemetryQuery,
  signal?: AbortSignal,
): Promise<TrafficCounts> {
  const lines = linesWithin(table, query);
  const columns = Object.entries(CLASS).map(([name, sql]) => `${sql} AS of_${name}`);
  const [rows, flips] = await Promise.all([
    db.rows(
      `SELECT ${columns.join(', ')}, count(), max(toUnixTimestamp64Milli(ts)), sum(ifNull(lost_before, 0)) FROM ${lines}
        GROUP BY ${NAMES.map((name) => `of_${name}`).join(', ')} ORDER BY of_color, of_region, of_route`,
      signal,
    ),
    db.rows(flipsSql(table, lines), signal),
  ]);
  const classes = rows.map((row): LineClass =>
    Object.fromEntries([...NAMES, 'n', 'freshest', 'lost'].map((name, i) => [name, row[i] ?? null])),
  );
  return {
    ...factsOf(query, classes, Number(flips[0]?.[0] ?? 0)),
    slices: slicesOf(classes),
  };
}

/**
 * Users seen on both colors within one generation, by hash or by cohort, which is the user's own choice. Pins are ours, and a line
 * written in doubt follows no weight.
 */
function flipsSql(table: LinesTable, lines: string): string {
  return `SELECT uniqExact(of) FROM (SELECT ${computed(table, 'who')} AS of FROM ${lines}
      AND kind = 'user' AND user IS NOT NULL AND ifNull(user_by, 'key') = 'key' AND cfg_gen > 0 AND reason != 'pinned' AND NOT doubt AND NOT ${BY_EDGE}
    GROUP BY of, cfg_gen, reason = 'cohort' HAVING groupBitOr(toUInt8(if(color = 'blue', 1, 2))) = 3)`;
}
