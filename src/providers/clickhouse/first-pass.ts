/** The first pass: requests, histograms and cache strata of the whole, each region and each route. */
import {
  histogramOfCounts,
  LAST_BUCKET,
  toldNames,
  type Histogram,
  type PartHistograms,
} from '../../domain/clusters/index.ts';
import {
  assembleFirst,
  blockKey,
  placeKey,
  type CountedHistograms,
  type Rows,
} from '../../domain/engine-sums/index.ts';
import { numbers, type Database } from './database.ts';
import { countedLines, type Frame } from './lines.ts';
import { stratifiedLookups, type Lifetimes } from './lookups.ts';

/** More than there are regions that are told apart. */
const ROUTES_FROM = 1000;
/** Each row once for the whole, its region and its route, by one number. */
const EACH_PART = `arrayJoin([toUInt16(0), toUInt16(region + 1), toUInt16(route + ${ROUTES_FROM})]) AS part`;

/** Regions and routes that are told apart, in order. */
export async function namesOf(db: Database, frame: Frame, signal?: AbortSignal): Promise<Frame['names']> {
  const found = await db.rows(
    `SELECT toUInt8(grouping(region_name)), toString(if(grouping(region_name) = 0, region_name, route_name)), countIf(side = 1)
      FROM ${countedLines(frame)} GROUP BY GROUPING SETS ((region_name), (route_name))`,
    signal,
  );
  const of = (isRoute: 0 | 1): string[] => {
    const ours = found.filter(([route]) => Number(route) === isRoute);
    const told = toldNames(new Map(ours.map(([, name, onTo]) => [String(name), Number(onTo)])));
    return [...told].toSorted((a, b) => (a < b ? -1 : 1));
  };
  return { region: of(0), route: of(1) };
}

export async function firstPass(
  db: Database,
  frame: Frame,
  lifetimes: Lifetimes,
  signal?: AbortSignal,
): Promise<PartHistograms[]> {
  const [counted, looked] = await Promise.all([
    histogramsOf(db, frame, signal),
    lifetimes.each.length === 0 ? null : lookupsOf(db, frame, lifetimes, signal),
  ]);
  const key = (region = -1, route = -1, side = 0): string => `${side}/${placeKey(region, route)}`;
  const lookups = new Map<string, number>();
  for (const [side, region, route, , n = 0] of looked ?? []) {
    const at = key(region, route, side);
    lookups.set(at, (lookups.get(at) ?? 0) + n);
  }
  const requests = counted.requests.map(([side = 0, region = -1, route = -1, n = 0]) => [
    side,
    region,
    route,
    n,
    lookups.get(key(region, route, side)) ?? 0,
  ]);
  const strata = looked === null ? null : strataByPart(looked);
  return assembleFirst({ ...counted, requests, strata }, frame.names, frame, frame.from !== null);
}

/** Requests by region and route, and histograms of each part by block. */
export async function histogramsOf(
  db: Database,
  frame: Frame,
  signal?: AbortSignal,
): Promise<Pick<CountedHistograms, 'requests' | 'final' | 'usable'>> {
  // Counted once as finely as anybody wants it, and then added up.
  const part = frame.from === null ? 'toUInt16(0) AS part' : EACH_PART;
  const [counted, found] = await Promise.all([
    db.rows(
      `SELECT side, region, route, count() FROM ${countedLines(frame)} GROUP BY side, region, route`,
      signal,
    ),
    db.rows(
      // A line is counted under one number for each series: two sets of columns to group by take twice as long.
      `SELECT side, series, part, block, groupArray(bucket), groupArray(n) FROM (
        SELECT side, series, ${part}, block, bucket, sum(n) AS n FROM (
          SELECT side, region, route, block, series, bucket, count() AS n
          FROM (SELECT side, region, route, block, final_bucket, usable_bucket FROM ${countedLines(frame)})
          ARRAY JOIN [toUInt8(0), toUInt8(1)] AS series, [final_bucket, usable_bucket] AS bucket
          WHERE bucket >= 0 GROUP BY side, region, route, block, series, bucket)
        GROUP BY side, series, part, block, bucket)
      GROUP BY side, series, part, block`,
      signal,
    ),
  ]);
  const [final, usable] = [new Map<string, Histogram>(), new Map<string, Histogram>()];
  for (const [side, series, part, block, buckets, sums] of found) {
    const counts = new Float64Array(LAST_BUCKET + 1);
    const n = numbers(sums);
    for (const [i, bucket] of numbers(buckets).entries()) counts[bucket] = n[i] ?? 0;
    const key = blockKey(Number(side), placeOf(Number(part)), Number(block));
    (Number(series) === 0 ? final : usable).set(key, histogramOfCounts(counts));
  }
  return { requests: counted.map((row) => row.map(Number)), final, usable };
}

function placeOf(part: number): string {
  if (part >= ROUTES_FROM) return placeKey(-1, part - ROUTES_FROM);
  return placeKey(part - 1, -1);
}

/** Of routes with a reference lifetime. Rows: side, region, route, stratum, lookups, hits. */
async function lookupsOf(
  db: Database,
  frame: Frame,
  lifetimes: Lifetimes,
  signal: AbortSignal | undefined,
): Promise<Rows> {
  const found = await db.rows(
    `SELECT side, region, route, stratum, count(), countIf(hit) FROM ${stratifiedLookups(frame, lifetimes, false)}
      WHERE is_timed GROUP BY side, region, route, stratum`,
    signal,
  );
  return found.map((row) => row.map(Number));
}

/** Of lookups that have a stratum; −1 says of which region or route a row is not. */
function strataByPart(looked: Rows): Rows {
  const sums = new Map<string, number[]>();
  for (const [side = 0, region = -1, route = -1, stratum = -1, trials = 0, hits = 0] of looked) {
    if (stratum < 0) continue;
    for (const part of [
      [-1, -1],
      [region, -1],
      [-1, route],
    ]) {
      const key = [side, ...part, stratum];
      const sum = sums.get(key.join('/')) ?? [...key, 0, 0];
      sum[4] = (sum[4] ?? 0) + trials;
      sum[5] = (sum[5] ?? 0) + hits;
      sums.set(key.join('/'), sum);
    }
  }
  return [...sums.values()];
}
