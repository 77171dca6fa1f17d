/** The first pass: requests, histograms and cache strata of the whole, each region and each route. */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  allBlocks,
  histogramOfCounts,
  LAST_BUCKET,
  STRATA,
  toldNames,
  type Arms,
  type Grid,
  type Histogram,
  type Part,
  type PartHistograms,
  type Strata,
} from '../../../domain/clusters/index.ts';
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
  const requests = await numbers(
    connection,
    ['side', 'region', 'route', 'count(*)', 'count(lookup)'],
    'FROM counted GROUP BY side, region, route',
  );
  const parts = partsOf(names, requests, hasFrom);
  const told = new Set(parts.map(({ region, route }) => `${region}/${route}`));
  const final = await histograms(connection, 'final_bucket', grid, told);
  const usable = await histograms(connection, 'usable_bucket', grid, told);
  const strata = hasFrom ? await strataByPart(connection, requests) : null;
  const blocks = allBlocks(grid);
  const empty = histogramOfCounts([]);
  return parts.map(({ part, region, route }): PartHistograms => {
    const key = `${region}/${route}`;
    const arms = <T>(of: (side: number) => T): Arms<T> => ({ to: of(1), from: hasFrom ? of(0) : null });
    const byBlock =
      (found: ReadonlyMap<string, Histogram>) =>
      (side: number): Histogram[] =>
        Array.from({ length: blocks }, (_, block) => found.get(`${side}/${key}/${block}`) ?? empty);
    return {
      part,
      requests: arms((side) => sum(requests, side, region, route)),
      final: arms(byBlock(final)),
      usable: arms(byBlock(usable)),
      strata: strata?.has(key) === true ? arms((side) => strata.of(side, key)) : null,
    };
  });
}

/** Counts of one series by side, region, route and block. @param told regions and routes that are asked for */
async function histograms(
  connection: DuckDBConnection,
  bucket: 'final_bucket' | 'usable_bucket',
  grid: Grid,
  told: ReadonlySet<string>,
): Promise<Map<string, Histogram>> {
  // Counted once as finely as anybody wants it, and then added up: grouping lines three times costs three times as much.
  const found = await numbers(
    connection,
    ['side', ...EACH_PART, 'block', 'bucket', 'sum(n)'],
    `FROM (SELECT side, region, route, ${blockSql(grid)} AS block, ${bucket} AS bucket, count(*) AS n
        FROM counted WHERE warm AND ${bucket} IS NOT NULL GROUP BY ALL)
      GROUP BY ${sets('block, bucket')}`,
  );
  const counts = new Map<string, Float64Array>();
  for (const [side, region, route, block, at = 0, n = 0] of found) {
    if (!told.has(`${region}/${route}`)) continue;
    const key = `${side}/${region}/${route}/${block}`;
    let own = counts.get(key);
    if (own === undefined) counts.set(key, (own = new Float64Array(LAST_BUCKET + 1)));
    own[at] = n;
  }
  return new Map(Array.from(counts, ([key, own]) => [key, histogramOfCounts(own)]));
}

interface StrataByPart {
  /** True where a line of the part tells a lookup of a route with a reference lifetime. */
  has(key: string): boolean;
  of(side: number, key: string): Strata;
}

/**
 * Makes the table `eligible`: lookups of keys that this color's cache asked the origin for less than the reference lifetime ago.
 * @returns null when `from` tells no lifetime
 */
async function strataByPart(
  connection: DuckDBConnection,
  requests: readonly (readonly number[])[],
): Promise<StrataByPart | null> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE lifetimes AS
    SELECT route, 1000 * quantile_disc(ttl_s, 0.5) AS lifetime_ms FROM counted
    WHERE side = 0 AND ttl_s IS NOT NULL GROUP BY route`);
  const timed = new Set((await numbers(connection, ['route'], 'FROM lifetimes')).map(([route]) => route));
  if (timed.size === 0) return null;
  // Lines of one instant do not precede each other.
  await connection.run(`CREATE OR REPLACE TEMP TABLE eligible AS
    SELECT side, region, route, who, bin, tick, instance, hit,
      CASE WHEN gap < 2000 THEN 0 ELSE floor(log2(least(${2 ** STRATA - 1}, gap // 1000))) END::INTEGER AS stratum
    FROM (SELECT side, region, route, who, bin, tick, instance, hit, ms - max(ms) OVER earlier AS gap,
        ms - max(CASE WHEN NOT hit THEN ms END) OVER earlier AS since
      FROM counted WHERE lookup IS NOT NULL
      WINDOW earlier AS (PARTITION BY lookup ORDER BY ms RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
    JOIN lifetimes USING (route) WHERE since < lifetime_ms`);
  const keys = new Set(
    requests
      .filter(([, , route, , lookups = 0]) => lookups > 0 && timed.has(route))
      .flatMap(([, region, route]) => ['-1/-1', `${region}/-1`, `-1/${route}`]),
  );
  const counts = await numbers(
    connection,
    ['side', ...EACH_PART, 'stratum', 'count(*)', 'count(*) FILTER (hit)'],
    `FROM eligible GROUP BY ${sets('stratum')}`,
  );
  return {
    has: (key) => keys.has(key),
    of(side, key) {
      const strata = { trials: zeros(STRATA), hits: zeros(STRATA) };
      for (const [ofSide, region, route, at = 0, trials = 0, hits = 0] of counts) {
        if (ofSide !== side || `${region}/${route}` !== key) continue;
        strata.trials[at] = trials;
        strata.hits[at] = hits;
      }
      return strata;
    },
  };
}

/** The whole, then each region and each route of which there is a line, by name. */
function partsOf(
  names: Names,
  requests: readonly (readonly number[])[],
  hasFrom: boolean,
): readonly { readonly part: Part | null; readonly region: number; readonly route: number }[] {
  const whole = { part: null, region: -1, route: -1 };
  if (!hasFrom) return [whole];
  const regions = toldOf(names.region, requests, 1);
  const routes = toldOf(names.route, requests, 2);
  return [
    whole,
    ...names.region.flatMap((name, region) =>
      regions.has(name) ? [{ part: { dimension: 'region' as const, name }, region, route: -1 }] : [],
    ),
    ...names.route.flatMap((name, route) =>
      routes.has(name) ? [{ part: { dimension: 'route' as const, name }, region: -1, route }] : [],
    ),
  ];
}

/** @param column of the rows, with the number of a name */
function toldOf(
  names: readonly string[],
  requests: readonly (readonly number[])[],
  column: 1 | 2,
): ReadonlySet<string> {
  const onTo = new Map<string, number>();
  for (const row of requests) {
    const [side, , , n = 0] = row;
    const name = names[row[column] ?? -1];
    if (name !== undefined) onTo.set(name, (onTo.get(name) ?? 0) + (side === 1 ? n : 0));
  }
  return toldNames(onTo);
}

function sum(requests: readonly (readonly number[])[], side: number, region: number, route: number): number {
  return requests.reduce(
    (total, [ofSide, ofRegion, ofRoute, n = 0]) =>
      ofSide === side && (region < 0 || region === ofRegion) && (route < 0 || route === ofRoute)
        ? total + n
        : total,
    0,
  );
}

export function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
