/**
 * Sums of users' traffic, added up where the lines are: nothing but sums leaves the server.
 * Invariant: the same numbers as those counted over the lines in memory.
 */
import {
  allBlocks,
  type Arms,
  type CacheSums,
  type ErrorSums,
  type LatencySums,
  type NewClass,
  type PartHistograms,
  type PartLimits,
  type PartSums,
  type SlowLimits,
  type TrafficSums,
} from '../../domain/clusters/index.ts';
import type { SumsQuery } from '../../ports/index.ts';
import { float, literal, numbers, type Database } from './database.ts';
import { eligibleLookups, firstPass } from './first-pass.ts';
import { countedLines, type Frame } from './lines.ts';
import { eachOf, keyOf, partLiteral } from './parts.ts';
import { addUp, recentOf } from './second-pass.ts';

/** One look in the making. */
interface Pass {
  readonly db: Database;
  readonly frame: Frame;
  readonly query: SumsQuery;
  readonly limits: readonly PartLimits[];
  readonly seen: readonly PartHistograms[];
  readonly signal: AbortSignal | undefined;
}

type Parts<T> = (key: string) => T | null;

export async function trafficSums(
  db: Database,
  table: string,
  query: SumsQuery,
  limitsOf: (seen: readonly PartHistograms[]) => readonly PartLimits[],
  signal?: AbortSignal,
): Promise<TrafficSums> {
  const { terms, service, regions } = query;
  const { grid, startMs, to, from } = terms;
  const frame: Frame = { ...grid, table, service, regions, to, from, startMs };
  const seen = await firstPass(db, frame, signal);
  const limits = limitsOf(seen);
  const pass: Pass = { db, frame, query, limits, seen, signal };
  const [errors, final, usable, cache, novelty] = await Promise.all([
    errorSums(pass),
    latencySums(pass, 'final'),
    latencySums(pass, 'usable'),
    cacheSums(pass),
    noveltyOf(pass),
  ]);
  return {
    terms,
    parts: limits.map(({ part }): PartSums => {
      const key = keyOf(part);
      const ofErrors = errors(key);
      if (ofErrors === null) throw new RangeError(`limits of ${key}: no such line`);
      return { part, errors: ofErrors, final: final(key), usable: usable(key), cache: cache(key) };
    }),
    novelty,
  };
}

function armsOf<T>({ frame }: Pass, of: (side: number) => T): Arms<T> {
  return { to: of(1), from: frame.from === null ? null : of(0) };
}

/**
 * Every line but the repeats of a failure: those less than so long after that user's line of the same color before it, if that one
 * failed too.
 */
export function withoutRepeats(frame: Frame, sameFailureMs: number): string {
  const lines = countedLines(frame);
  const columns = 'side, region, route, who, bin, tick, block, instance_bin, ms, failure';
  const often = `(SELECT side, who FROM ${lines} WHERE failure != '' GROUP BY side, who HAVING count() > 1)`;
  return `(SELECT ${columns}, 1 AS weight FROM ${lines} WHERE (side, who) NOT IN ${often}
    UNION ALL SELECT ${columns}, 1 AS weight FROM (
      SELECT ${columns}, failure != '' AND lagInFrame(failure, 1, '') OVER before != ''
        AND ms - lagInFrame(ms, 1, ms) OVER before < ${float(sameFailureMs)} AS repeats
      FROM ${lines} WHERE (side, who) IN ${often}
      WINDOW before AS (PARTITION BY side, who ORDER BY ms, failure != '', region, route, instance_bin
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
    WHERE NOT repeats)`;
}

async function errorSums(pass: Pass): Promise<Parts<ErrorSums>> {
  const { db, frame, query, limits, signal } = pass;
  const { terms } = query;
  const lines = withoutRepeats(frame, terms.sameFailureMs);
  const part = eachOf(limits.map((one) => one.part));
  const [counted, recent] = await Promise.all([
    addUp(
      db,
      {
        trials: lines,
        part,
        events: `(SELECT *, 1 AS x0, ${part} FROM ${lines} WHERE failure != '')`,
        kinds: 1,
      },
      terms,
      signal,
    ),
    recentOf(db, `(SELECT side, ${part}, ms, who, failure != '' AS x FROM ${lines})`, terms, signal),
  ]);
  const keys = new Set(pass.seen.map((one) => keyOf(one.part)));
  return (key) => {
    if (!keys.has(key)) return null;
    return {
      grid: terms.grid,
      arms: armsOf(pass, (side) => {
        const { trials, events } = counted(side, key);
        return { trials, events: present(events[0]) };
      }),
      recent: armsOf(pass, (side) => recent(side, key)),
    };
  };
}

async function latencySums(pass: Pass, series: 'final' | 'usable'): Promise<Parts<LatencySums>> {
  const { db, frame, query, limits, seen, signal } = pass;
  const { terms } = query;
  const asked = limits.flatMap(({ part, [series]: slow }) => (slow === null ? [] : [{ part, slow }]));
  if (asked.length === 0) return () => null;
  const part = eachOf(asked.map((one) => one.part));
  const ratios = Math.max(...asked.map(({ slow }) => slow.ratios.length));
  const table = limitsTable(asked, ratios, frame);
  const timed = `(SELECT side, region, route, who, bin, tick, block, instance_bin, ms, t${series} AS t, 1 AS weight
    FROM ${countedLines(frame)} WHERE warm AND ${series}_bucket >= 0)`;
  const least = Math.min(...asked.flatMap(({ slow }) => leastOf(slow)));
  const kinds = Array.from({ length: ratios }, (_, i) => `t > r${i} AS x${i + 1}`).join(', ');
  const events = `(SELECT side, (dimension, name) AS part, who, bin, tick, block, instance_bin, weight, t > own AS x0, ${kinds} FROM
    (SELECT *, part.1 AS dimension, part.2 AS name FROM (SELECT *, ${part} FROM ${timed} WHERE t > ${float(least)})) AS timed
    JOIN ${table} AS limits USING (side, dimension, name, block))`;
  const recentLines = `(SELECT side, (dimension, name) AS part, ms, who, t > far AS x FROM
    (SELECT *, part.1 AS dimension, part.2 AS name FROM (SELECT *, ${part} FROM ${timed})) AS timed
    JOIN ${table} AS limits USING (side, dimension, name, block))`;
  const [counted, recent] = await Promise.all([
    addUp(db, { trials: timed, part, events, kinds: 1 + ratios }, terms, signal),
    recentOf(db, recentLines, terms, signal),
  ]);
  return (key) => {
    const limit = asked.find((one) => keyOf(one.part) === key);
    const histograms = seen.find((one) => keyOf(one.part) === key)?.[series];
    if (limit === undefined || histograms === undefined) return null;
    return {
      grid: terms.grid,
      arms: armsOf(pass, (side) => {
        const { trials, events: found } = counted(side, key);
        const [own, ...slow] = found;
        const names = side === 1 ? limit.slow.ratios : [1];
        return {
          histograms: (side === 1 ? histograms.to : histograms.from) ?? [],
          trials,
          own: present(own),
          slow: Object.fromEntries(names.map((ratio, i) => [String(ratio), present(slow[i])])),
        };
      }),
      recent: armsOf(pass, (side) => recent(side, key)),
    };
  };
}

/** What is slow, a row for each side, part and block. */
function limitsTable(
  asked: readonly { readonly part: PartLimits['part']; readonly slow: SlowLimits }[],
  ratios: number,
  frame: Frame,
): string {
  const columns = Array.from({ length: ratios }, (_, i) => `r${i} Float64`).join(', ');
  const rows = asked.flatMap(({ part, slow }) =>
    [1, 0].flatMap((side) =>
      Array.from({ length: allBlocks(frame) }, (_, block) => {
        const base = slow.baseMs[block] ?? Infinity;
        const limits = Array.from({ length: ratios }, (_unused, i) =>
          side === 1 ? (slow.ratios[i] ?? Infinity) * base : i === 0 ? base : Infinity,
        );
        const own = (side === 1 ? slow.ownMs.to : slow.ownMs.from) ?? Infinity;
        const [dimension, name] = [partLiteral(part).slice(1, 2), literal(part?.name ?? '')];
        return `(${side}, ${dimension}, ${name}, ${block}, ${[own, slow.farMs, ...limits].map(float).join(', ')})`;
      }),
    ),
  );
  return `(SELECT * FROM values('side UInt8, dimension UInt8, name String, block Int32, own Float64, far Float64, ${columns}',
    ${rows.join(', ')}))`;
}

function leastOf({ ownMs, baseMs, ratios }: SlowLimits): number[] {
  const least = Math.min(1, ...ratios) * Math.min(...baseMs);
  return [ownMs.to, ownMs.from ?? Infinity, least];
}

async function cacheSums(pass: Pass): Promise<Parts<CacheSums>> {
  const { db, frame, query, limits, seen, signal } = pass;
  const { terms } = query;
  const asked = limits.flatMap(({ part, weights }) => (weights === null ? [] : [{ part, weights }]));
  if (asked.length === 0 || frame.from === null) return () => null;
  const part = eachOf(asked.map((one) => one.part));
  const rows = asked.flatMap(({ part: of, weights }) =>
    [weights.from, weights.to].flatMap((list, side) =>
      list.map(
        (weight, stratum) =>
          `(${side}, ${partLiteral(of).slice(1, 2)}, ${literal(of?.name ?? '')}, ${stratum}, ${weight})`,
      ),
    ),
  );
  const weighted = `(SELECT side, dimension, name, (dimension, name) AS part, who, bin, tick, block, instance_bin, weight, NOT hit AS x0 FROM
    (SELECT *, part.1 AS dimension, part.2 AS name FROM (SELECT *, ${part} FROM ${eligibleLookups(frame)})) AS eligible
    JOIN values('side UInt8, dimension UInt8, name String, stratum Int32, weight UInt32', ${rows.join(', ')}) AS weights
      USING (side, dimension, name, stratum)
    WHERE weight > 0)`;
  // Weights differ by part, so a lookup is a row for each: its part is told apart already.
  const trials = `(SELECT side, part AS region, part AS route, who, bin, tick, block, instance_bin, weight FROM ${weighted})`;
  const counted = await addUp(
    db,
    { trials, part: 'region AS part', events: weighted, kinds: 1 },
    terms,
    signal,
  );
  return (key) => {
    const strata = seen.find((one) => keyOf(one.part) === key)?.strata ?? null;
    if (!asked.some((one) => keyOf(one.part) === key) || strata === null || strata.from === null) return null;
    const arm = (side: number, own: CacheSums['arms']['to']['strata']): CacheSums['arms']['to'] => {
      const { trials: n, events } = counted(side, key);
      return { strata: own, series: { trials: n, events: present(events[0]) } };
    };
    return { grid: terms.grid, arms: { to: arm(1, strata.to), from: arm(0, strata.from) } };
  };
}

async function noveltyOf({ db, frame, query, signal }: Pass): Promise<TrafficSums['novelty']> {
  const { terms } = query;
  const lines = countedLines(frame);
  const blocks = allBlocks(terms.grid);
  const known = terms.known.map(literal).join(', ');
  const unknown = terms.known.length === 0 ? '' : ` AND failure NOT IN (${known})`;
  const fresh = `(SELECT failure, who, block FROM ${lines} WHERE side = 1 AND failure != ''${unknown}
    AND failure NOT IN (SELECT DISTINCT failure FROM ${lines} WHERE side = 0 AND failure != ''))`;
  const each = (sql: (block: number) => string): string =>
    `[${Array.from({ length: blocks }, (_, block) => sql(block)).join(', ')}]`;
  const [classes, users] = await Promise.all([
    db.rows(
      `SELECT failure, uniqExact(who), ${each((block) => `uniqExactIf(who, block = ${block})`)},
        ${each((block) => `uniqExactIf(who, abs(block - ${block}) > ${terms.apartBlocks})`)}
      FROM ${fresh} GROUP BY failure ORDER BY failure`,
      signal,
    ),
    db.rows(`SELECT side, uniqExact(who) FROM ${lines} GROUP BY side`, signal),
  ]);
  const atRisk = (side: number): number => Number(users.find(([of]) => Number(of) === side)?.[1] ?? 0);
  return {
    classes: classes.map(([name, hit, byBlock, apart]): NewClass => ({
      name: String(name),
      users: Number(hit),
      byBlock: numbers(byBlock),
      apart: numbers(apart),
    })),
    users: { to: atRisk(1), from: frame.from === null ? null : atRisk(0) },
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a kind of event was not added up');
  return value;
}
