/** The first pass: requests, histograms and cache strata of the whole, each region and each route. */
import {
  allBlocks,
  histogramOfCounts,
  LAST_BUCKET,
  STRATA,
  toldNames,
  type Arms,
  type Histogram,
  type Part,
  type PartHistograms,
  type Strata,
} from '../../domain/clusters/index.ts';
import { spreadOut, type Database, type Row } from './database.ts';
import { countedLines, type Frame } from './lines.ts';
import { EACH_PART, keyOf, keyOfPair, partOf } from './parts.ts';

interface Seen {
  requests: number;
  readonly final: Histogram[];
  readonly usable: Histogram[];
}

export async function firstPass(db: Database, frame: Frame, signal?: AbortSignal): Promise<PartHistograms[]> {
  const hasFrom = frame.from !== null;
  const [found, strata] = await Promise.all([
    db.rows(histogramsSql(frame), signal),
    hasFrom ? strataOf(db, frame, signal) : null,
  ]);
  const blocks = allBlocks(frame);
  const seen = new Map<string, Seen>();
  const of = (side: number, part: string): Seen => {
    const key = `${side}/${part}`;
    const known = seen.get(key) ?? { requests: 0, final: empty(blocks), usable: empty(blocks) };
    seen.set(key, known);
    return known;
  };
  for (const [side, dimension, name, block, requests, final, usable] of found) {
    const one = of(Number(side), keyOfPair(dimension, name));
    one.requests += Number(requests);
    one.final[Number(block)] = histogramOf(final);
    one.usable[Number(block)] = histogramOf(usable);
  }
  return partsOf(found, hasFrom).map((part): PartHistograms => {
    const key = keyOf(part);
    const arms = <T>(get: (one: Seen) => T): Arms<T> => ({
      to: get(of(1, key)),
      from: hasFrom ? get(of(0, key)) : null,
    });
    return {
      part,
      requests: arms((one) => one.requests),
      final: arms((one) => one.final),
      usable: arms((one) => one.usable),
      strata: strata?.get(key) ?? null,
    };
  });
}

function histogramsSql(frame: Frame): string {
  const sums = (bucket: string): string => `sumMapIf([${bucket}], [toUInt64(n)], ${bucket} >= 0)`;
  const part = frame.from === null ? "(0, '') AS part" : EACH_PART;
  // Counted once as finely as anybody wants it, and then added up.
  return `SELECT side, part.1, part.2, block, sum(n), ${sums('f')}, ${sums('u')} FROM (
    SELECT side, ${part}, block, f, u, n FROM (
      SELECT side, region, route, block, if(warm, final_bucket, -1) AS f, if(warm, usable_bucket, -1) AS u, count() AS n
      FROM ${countedLines(frame)} GROUP BY ALL))
  GROUP BY side, part, block`;
}

/** The whole, then each region and each route of which there is a line, by name. */
function partsOf(found: readonly Row[], hasFrom: boolean): (Part | null)[] {
  const onTo = { region: new Map<string, number>(), route: new Map<string, number>() };
  for (const [side, dimension, name, , requests] of found) {
    const part = partOf(dimension, name);
    if (part === null) continue;
    const counts = onTo[part.dimension];
    counts.set(part.name, (counts.get(part.name) ?? 0) + (Number(side) === 1 ? Number(requests) : 0));
  }
  const of = (dimension: Part['dimension']): Part[] =>
    [...toldNames(onTo[dimension])]
      .toSorted((one, other) => (one < other ? -1 : 1))
      .map((name) => ({ dimension, name }));
  return [null, ...(hasFrom ? [...of('region'), ...of('route')] : [])];
}

/**
 * Lookups of keys that this color's cache asked the origin for less than the reference lifetime ago: the lower median of those that
 * `from` gave the route in the window. Lines of one instant do not precede each other.
 */
export function eligibleLookups(frame: Frame): string {
  const lines = countedLines(frame);
  return `(SELECT side, region, route, who, bin, tick, block, instance_bin, hit,
      if(gap < 2000, 0, toInt32(floor(log2(least(${2 ** STRATA - 1}, intDiv(gap, 1000)))))) AS stratum
    FROM (SELECT side, region, route, who, bin, tick, block, instance_bin, hit,
        ms - maxOrNull(ms) OVER earlier AS gap, ms - maxOrNull(if(hit, NULL, ms)) OVER earlier AS since
      FROM ${lines} WHERE is_lookup
      WINDOW earlier AS (PARTITION BY side, lookup ORDER BY ms RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS asked
    JOIN ${lifetimes(lines)} AS lifetimes USING (route) WHERE since < lifetime_ms)`;
}

function lifetimes(lines: string): string {
  return `(SELECT route, 1000 * quantileExactLow(0.5)(ttl_s) AS lifetime_ms
    FROM ${lines} WHERE side = 0 AND ttl_s IS NOT NULL GROUP BY route)`;
}

/** By part; one without a lookup of a route with a reference lifetime has none. Null where `from` tells no lifetime. */
async function strataOf(
  db: Database,
  frame: Frame,
  signal: AbortSignal | undefined,
): Promise<Map<string, Arms<Strata>>> {
  const lines = countedLines(frame);
  const [there, counts] = await Promise.all([
    db.rows(
      `SELECT DISTINCT part.1, part.2 FROM (SELECT ${EACH_PART} FROM ${lines}
        WHERE is_lookup AND route IN (SELECT route FROM ${lifetimes(lines)}))`,
      signal,
    ),
    db.rows(
      `SELECT side, part.1, part.2, sumMap([stratum], [toUInt64(1)]), sumMap([stratum], [toUInt64(hit)])
        FROM (SELECT side, ${EACH_PART}, stratum, hit FROM ${eligibleLookups(frame)}) GROUP BY side, part`,
      signal,
    ),
  ]);
  const arm = (side: number, key: string): Strata => {
    const row = counts.find(
      ([of, dimension, name]) => Number(of) === side && keyOfPair(dimension, name) === key,
    );
    return { trials: spreadOut(row?.[3], STRATA), hits: spreadOut(row?.[4], STRATA) };
  };
  return new Map(
    there.map(([dimension, name]) => {
      const key = keyOfPair(dimension, name);
      return [key, { to: arm(1, key), from: arm(0, key) }];
    }),
  );
}

export function histogramOf(sums: Row[number] | undefined): Histogram {
  return histogramOfCounts(spreadOut(sums, LAST_BUCKET + 1));
}

function empty(blocks: number): Histogram[] {
  const none = histogramOfCounts([]);
  return Array.from({ length: blocks }, () => none);
}
