/** The first pass: requests, histograms and cache strata of the whole, each region and each route. */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  histogramOfCounts,
  LAST_BUCKET,
  STRATA,
  type Grid,
  type Histogram,
  type PartHistograms,
} from '../../../domain/clusters/index.ts';
import { assembleFirst, blockKey, partsOf, placeKey, type Rows } from '../../../domain/engine-sums/index.ts';
import type { Names } from './counted.ts';
import { numbers } from './numbers.ts';

/** `GROUP BY` of the whole, each region and each route; `-1` says of which a row is not. */
const EACH_PART = ['coalesce(region, -1)', 'coalesce(route, -1)'];
const sets = (columns: string): string =>
  `GROUPING SETS ((side, ${columns}), (side, region, ${columns}), (side, route, ${columns}))`;

/** A block of a tick, the oldest 0, as `blockOf`. */
export function blockSql({ ticks, blockTicks }: Pick<Grid, 'ticks' | 'blockTicks'>): string {
  return `(${Math.ceil(ticks / blockTicks) - 1} - (${ticks - 1} - tick) // ${blockTicks})::INTEGER`;
}

export async function firstPass(
  connection: DuckDBConnection,
  names: Names,
  grid: Grid,
  hasFrom: boolean,
): Promise<PartHistograms[]> {
  await countBuckets(connection, grid);
  const requests = await numbers(
    connection,
    ['side', 'region', 'route', 'sum(n)', 'sum(looked)'],
    'FROM buckets WHERE final_bucket IS NOT NULL GROUP BY side, region, route',
  );
  const told = new Set(partsOf(names, requests, hasFrom).map(({ region, route }) => placeKey(region, route)));
  const final = await histograms(connection, 'final_bucket', told);
  const usable = await histograms(connection, 'usable_bucket', told);
  await connection.run('DROP TABLE buckets');
  const lookups = hasFrom ? await strataByPart(connection) : null;
  const counted = {
    requests: requests.map(([side = 0, region = -1, route = -1, n = 0, looked = 0]) => [
      side,
      region,
      route,
      n,
      lookups?.timed.has(route) === true ? looked : 0,
    ]),
    final,
    usable,
    strata: lookups?.counts ?? null,
  };
  return assembleFirst(counted, names, grid, hasFrom);
}

/**
 * Makes the table `buckets`: lines of any outcome and lookups by side, region, route and block, once for each bucket of one series and
 * once for each of the other, whose bucket is null then; −1 is of what is no warm success or tells none. The lines are read once.
 */
async function countBuckets(connection: DuckDBConnection, grid: Grid): Promise<void> {
  const bucket = (column: string): string =>
    `CASE WHEN warm THEN coalesce(${column}, -1) ELSE -1 END AS ${column}`;
  const by = 'side, region, route, block';
  await connection.run(`CREATE OR REPLACE TEMP TABLE buckets AS
    SELECT ${by}, final_bucket, usable_bucket, count(*) AS n, count(lookup) AS looked
    FROM (SELECT side, region, route, ${blockSql(grid)} AS block, lookup, ${bucket('final_bucket')}, ${bucket('usable_bucket')} FROM counted)
    GROUP BY GROUPING SETS ((${by}, final_bucket), (${by}, usable_bucket))`);
}

/** Counts of one series by side, region, route and block. @param told regions and routes that are asked for */
async function histograms(
  connection: DuckDBConnection,
  bucket: 'final_bucket' | 'usable_bucket',
  told: ReadonlySet<string>,
): Promise<Map<string, Histogram>> {
  // Counted once as finely as anybody wants it, and then added up: grouping lines three times costs three times as much.
  const found = await numbers(
    connection,
    ['side', ...EACH_PART, 'block', bucket, 'sum(n)'],
    `FROM buckets WHERE ${bucket} >= 0 GROUP BY ${sets(`block, ${bucket}`)}`,
  );
  const counts = new Map<string, Float64Array>();
  for (const [side = 0, region = -1, route = -1, block = 0, at = 0, n = 0] of found) {
    const place = placeKey(region, route);
    if (!told.has(place)) continue;
    const key = blockKey(side, place, block);
    let own = counts.get(key);
    if (own === undefined) counts.set(key, (own = new Float64Array(LAST_BUCKET + 1)));
    own[at] = n;
  }
  return new Map(Array.from(counts, ([key, own]) => [key, histogramOfCounts(own)]));
}

interface Lookups {
  /** Routes with a reference lifetime. */
  readonly timed: ReadonlySet<number>;
  readonly counts: Rows;
}

/**
 * Makes the table `eligible`: lookups of keys that this color's cache asked the origin for less than the reference lifetime ago.
 * @returns null when `from` tells no lifetime
 */
async function strataByPart(connection: DuckDBConnection): Promise<Lookups | null> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE lifetimes AS
    SELECT route, 1000 * quantile_disc(ttl_s, 0.5) AS lifetime_ms FROM counted
    WHERE side = 0 AND ttl_s IS NOT NULL GROUP BY route`);
  const timed = new Set(
    (await numbers(connection, ['route'], 'FROM lifetimes')).map(([route = -1]) => route),
  );
  if (timed.size === 0) return null;
  // Lines of one instant do not precede each other.
  await connection.run(`CREATE OR REPLACE TEMP TABLE eligible AS
    SELECT side, region, route, who, bin, tick, instance, hit,
      CASE WHEN gap < 2000 THEN 0 ELSE floor(log2(least(${2 ** STRATA - 1}, gap // 1000))) END::INTEGER AS stratum
    FROM (SELECT side, region, route, who, bin, tick, instance, hit, ms - last_value(ms) OVER earlier AS gap,
        ms - last_value(CASE WHEN NOT hit THEN ms END IGNORE NULLS) OVER earlier AS since
      FROM counted WHERE lookup IS NOT NULL
      WINDOW earlier AS (PARTITION BY lookup ORDER BY ms RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
    JOIN lifetimes USING (route) WHERE since < lifetime_ms`);
  const counts = await numbers(
    connection,
    ['side', ...EACH_PART, 'stratum', 'count(*)', 'count(*) FILTER (hit)'],
    `FROM eligible GROUP BY ${sets('stratum')}`,
  );
  return { timed, counts };
}
