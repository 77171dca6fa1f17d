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
import { keyOf, placesIn } from './parts.ts';
import { addUp, recentOf } from './second-pass.ts';

/** One look in the making. */
interface Pass {
  readonly db: Database;
  readonly frame: Frame;
  readonly query: SumsQuery;
  /** A part is known by its place here. */
  readonly limits: readonly PartLimits[];
  /** In the same order. */
  readonly seen: readonly PartHistograms[];
  readonly signal: AbortSignal | undefined;
}

/** By the part's place. */
type Parts<T> = (at: number) => T | null;

export async function trafficSums(
  db: Database,
  table: string,
  query: SumsQuery,
  limitsOf: (seen: readonly PartHistograms[]) => readonly PartLimits[],
  signal?: AbortSignal,
): Promise<TrafficSums> {
  const { terms, service, regions } = query;
  const { grid, startMs, to, from, serverErrors } = terms;
  const frame: Frame = { ...grid, table, service, regions, to, from, startMs, serverErrors };
  const all = await firstPass(db, frame, signal);
  const limits = limitsOf(all);
  const seen = limits.map(({ part }) => {
    const found = all.find((one) => keyOf(one.part) === keyOf(part));
    if (found === undefined) throw new RangeError(`limits of ${keyOf(part)}: no such line`);
    return found;
  });
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
    parts: limits.map(({ part }, at): PartSums => ({
      part,
      errors: errors(at),
      final: final(at),
      usable: usable(at),
      cache: cache(at),
    })),
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

async function errorSums(pass: Pass): Promise<(at: number) => ErrorSums> {
  const { db, frame, query, limits, signal } = pass;
  const { terms } = query;
  const lines = withoutRepeats(frame, terms.sameFailureMs);
  const part = placesIn(limits.map((one) => one.part));
  const failures = `(SELECT *, 1 AS x0, ${part} FROM ${lines} WHERE failure != '')`;
  const [counted, recent] = await Promise.all([
    addUp(db, { trials: lines, part, events: failures, kinds: 1 }, terms, signal),
    recentOf(db, `(SELECT side, ${part}, ms, who, failure != '' AS x FROM ${lines})`, terms, signal),
  ]);
  return (at) => ({
    grid: terms.grid,
    arms: armsOf(pass, (side) => {
      const { trials, events } = counted(side, at);
      return { trials, events: present(events[0]) };
    }),
    recent: armsOf(pass, (side) => recent(side, at)),
  });
}

async function latencySums(pass: Pass, series: 'final' | 'usable'): Promise<Parts<LatencySums>> {
  const { db, frame, query, limits, seen, signal } = pass;
  const { terms } = query;
  const asked = limits.flatMap(({ [series]: slow }, at) => (slow === null ? [] : [{ at, slow }]));
  if (asked.length === 0) return () => null;
  const part = placesIn(limits.map((one) => (one[series] === null ? undefined : one.part)));
  const ratios = Math.max(...asked.map(({ slow }) => slow.ratios.length));
  const table = limitsTable(asked, ratios, frame);
  const timed = `(SELECT side, region, route, who, bin, tick, block, instance_bin, ms, t${series} AS t, 1 AS weight
    FROM ${countedLines(frame)} WHERE warm AND ${series}_bucket >= 0)`;
  const byPart = (where: string): string =>
    `(SELECT *, ${part} FROM ${timed} WHERE ${where}) AS timed JOIN ${table} AS limits USING (side, part, block)`;
  const least = Math.min(...asked.flatMap(({ slow }) => leastOf(slow)));
  const kinds = Array.from({ length: ratios }, (_, i) => `t > r${i} AS x${i + 1}`).join(', ');
  const events = `(SELECT side, part, who, bin, tick, block, instance_bin, weight, t > own AS x0, ${kinds}
    FROM ${byPart(`t > ${float(least)}`)})`;
  const newest = `(SELECT side, part, ms, who, t > far AS x FROM ${byPart(`ms >= ${float(terms.recent.startMs)}`)})`;
  const [counted, recent] = await Promise.all([
    addUp(db, { trials: timed, part, events, kinds: 1 + ratios }, terms, signal),
    recentOf(db, newest, terms, signal),
  ]);
  return (at) => {
    const limit = asked.find((one) => one.at === at);
    const histograms = seen[at]?.[series];
    if (limit === undefined || histograms === undefined) return null;
    return {
      grid: terms.grid,
      arms: armsOf(pass, (side) => {
        const { trials, events: found } = counted(side, at);
        const [own, ...slow] = found;
        const names = side === 1 ? limit.slow.ratios : [1];
        return {
          histograms: (side === 1 ? histograms.to : histograms.from) ?? [],
          trials,
          own: present(own),
          slow: Object.fromEntries(names.map((ratio, i) => [String(ratio), present(slow[i])])),
        };
      }),
      recent: armsOf(pass, (side) => recent(side, at)),
    };
  };
}

/** What is slow, a row for each side, part and block. */
function limitsTable(
  asked: readonly { readonly at: number; readonly slow: SlowLimits }[],
  ratios: number,
  frame: Frame,
): string {
  const columns = Array.from({ length: ratios }, (_, i) => `r${i} Float64`).join(', ');
  const finite = (limitMs: number): number => Math.min(limitMs, Number.MAX_VALUE);
  const rows = asked.flatMap(({ at, slow }) =>
    [1, 0].flatMap((side) =>
      Array.from({ length: allBlocks(frame) }, (_, block) => {
        const base = slow.baseMs[block] ?? Infinity;
        const limits = Array.from({ length: ratios }, (_unused, i) =>
          side === 1 ? (slow.ratios[i] ?? Infinity) * base : i === 0 ? base : Infinity,
        );
        const own = (side === 1 ? slow.ownMs.to : slow.ownMs.from) ?? Infinity;
        return [side, at, block, ...[own, slow.farMs, ...limits].map(finite)];
      }),
    ),
  );
  return inline(`side UInt8, part Int16, block Int32, own Float64, far Float64, ${columns}`, rows);
}

function leastOf({ ownMs, baseMs, ratios }: SlowLimits): number[] {
  const least = Math.min(1, ...ratios) * Math.min(...baseMs);
  return [ownMs.to, ownMs.from ?? Infinity, least];
}

async function cacheSums(pass: Pass): Promise<Parts<CacheSums>> {
  const { db, frame, query, limits, seen, signal } = pass;
  const { terms } = query;
  const parts = limits.map(({ part, weights }) => (weights === null ? undefined : part));
  if (parts.every((part) => part === undefined) || frame.from === null) return () => null;
  const rows = limits.flatMap(({ weights }, at) =>
    weights === null
      ? []
      : [weights.from, weights.to].flatMap((list, side) =>
          list.map((weight, stratum) => [side, at, stratum, weight]),
        ),
  );
  const weighted = `(SELECT side, part, who, bin, tick, block, instance_bin, weight, NOT hit AS x0
    FROM (SELECT *, ${placesIn(parts)} FROM ${eligibleLookups(frame)}) AS eligible
    JOIN ${inline('side UInt8, part Int16, stratum Int32, weight UInt32', rows)} AS weights USING (side, part, stratum)
    WHERE weight > 0)`;
  // Weights differ by part, so a lookup is a row for each, and its part is known.
  const trials = `(SELECT side, part AS region, 0 AS route, who, bin, tick, block, instance_bin, weight FROM ${weighted})`;
  const relation = { trials, part: 'region AS part', events: weighted, kinds: 1 };
  const counted = await addUp(db, relation, terms, signal);
  return (at) => {
    const strata = seen[at]?.strata ?? null;
    if (parts[at] === undefined || strata === null || strata.from === null) return null;
    const arm = (side: number, own: CacheSums['arms']['to']['strata']): CacheSums['arms']['to'] => {
      const { trials: n, events } = counted(side, at);
      return { strata: own, series: { trials: n, events: present(events[0]) } };
    };
    return { grid: terms.grid, arms: { to: arm(1, strata.to), from: arm(0, strata.from) } };
  };
}

/** Rows that a statement brings along. */
function inline(columns: string, rows: readonly (readonly number[])[]): string {
  return `(SELECT * FROM format(JSONCompactEachRow, ${literal(columns)}, ${literal(rows.map((row) => JSON.stringify(row)).join('\n'))}))`;
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
