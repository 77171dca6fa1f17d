/** Lookups of a cache, each with the stratum of the time since its key was last asked for. */
import { INSTANCE_BINS, STRATA } from '../../domain/clusters/index.ts';
import { float, literal, type Database } from './database.ts';
import { BIN, lookupLines, NEVER, tickSql, type Frame } from './lines.ts';

/** Reference lifetimes of routes: the lower median of those that `from` gave. */
function lifetimesSql(frame: Frame): string {
  return `(SELECT route_name, true AS is_timed, 1000 * quantileExactLow(0.5)(ttl_s) AS lifetime_ms
    FROM ${lookupLines(frame, 'cache.ttl_s IS NOT NULL')} WHERE side = 0 GROUP BY route_name)`;
}

/** Reference lifetimes, ms. */
export interface Lifetimes {
  /** Different ones; few, however many routes there are. None where `from` tells none or has no users. */
  readonly each: readonly number[];
  readonly ofRoutes: ReadonlyMap<string, number>;
}

export async function lifetimesOf(db: Database, frame: Frame, signal?: AbortSignal): Promise<Lifetimes> {
  const found =
    frame.from === null
      ? []
      : await db.rows(`SELECT route_name, lifetime_ms FROM ${lifetimesSql(frame)}`, signal);
  const ofRoutes = new Map(found.map(([route, lifetimeMs]) => [String(route), Number(lifetimeMs)]));
  return { each: [...new Set(ofRoutes.values())], ofRoutes };
}

/** A statement names at most so many routes; of a log with more it looks their lifetimes up again. */
const MOST_NAMED = 200;

/** Lookups with `lifetime`: the number of their route's in `each`, counted from 1; 0 without one. */
function timedLookups(frame: Frame, { each, ofRoutes }: Lifetimes): string {
  const numbers = (all: readonly number[]): string =>
    all.map((lifetimeMs) => each.indexOf(lifetimeMs) + 1).join(', ');
  if (ofRoutes.size <= MOST_NAMED) {
    const routes = [...ofRoutes.keys()].map(literal).join(', ');
    return `(SELECT *, toUInt64(transform(route_name, [${routes}], [${numbers([...ofRoutes.values()])}], 0)) AS lifetime FROM ${lookupLines(frame)})`;
  }
  return `(SELECT *, toUInt64(if(is_timed, transform(lifetime_ms, [${each.map(float).join(', ')}], [${numbers(each)}], 0), 0)) AS lifetime
    FROM ${lookupLines(frame)} AS asked ANY LEFT JOIN ${lifetimesSql(frame)} AS lifetimes USING (route_name))`;
}

/**
 * Every lookup with its `stratum`: −1, or of a key that this color's cache asked the origin for less than the reference lifetime
 * ago. Lines of one instant do not precede each other.
 * A key's lookups are put in order as one number each, the time on top: many times as quick as a window over rows.
 * @param withUsers with columns who, bin, tick and instance, too
 */
export function stratifiedLookups(frame: Frame, lifetimes: Lifetimes, withUsers: boolean): string {
  const { names, startMs, tickMs } = frame;
  const origin = Math.floor(startMs);
  // Shifts, because divisions of every lookup take as long as all the rest.
  const bits = (below: number): number => Math.ceil(Math.log2(below));
  const fields = {
    instance: bits(INSTANCE_BINS + 1),
    route: bits(names.route.length + 1),
    region: bits(names.region.length + 1),
    lifetime: bits(lifetimes.each.length + 1),
  };
  const shifts = { hit: 0, instance: 1, route: 0, region: 0, lifetime: 0, ms: 0 };
  shifts.route = shifts.instance + fields.instance;
  shifts.region = shifts.route + fields.route;
  shifts.lifetime = shifts.region + fields.region;
  shifts.ms = shifts.lifetime + fields.lifetime;
  const put = (value: string, at: keyof typeof shifts): string =>
    `bitShiftLeft(toUInt64(${value}), ${shifts[at]})`;
  const read = (at: keyof typeof fields): string =>
    `bitAnd(bitShiftRight(number, ${shifts[at]}), ${2 ** fields[at] - 1})`;
  const number = `${put(`ms - ${origin}`, 'ms')} + ${put('lifetime', 'lifetime')} + ${put('region', 'region')} + ${put('route', 'route')} + ${put('instance + 1', 'instance')} + hit`;
  const packed = withUsers ? `bitOr(bitShiftLeft(toUInt128(${number}), 64), toUInt128(who))` : number;
  const top = withUsers ? 'toUInt64(bitShiftRight(one, 64))' : 'one';
  const users = `, toUInt64(bitAnd(one, toUInt128(18446744073709551615))) AS who, ${BIN} AS bin,
    ${tickSql(`floor((at + ${origin} - ${float(startMs)}) / ${float(tickMs)})`, frame.ticks)} AS tick, toInt8(${read('instance')} - 1) AS instance`;
  const each = lifetimes.each.map((_, at) => at + 1).join(', ');
  const ofEach = lifetimes.each.map(float).join(', ');
  const timed = timedLookups(frame, lifetimes);
  return `(SELECT side, region, route, hit, lifetime > 0 AS is_timed${withUsers ? ', who, bin, tick, instance' : ''},
      if(since < transform(lifetime, [${each}], [${ofEach}], ${float(-1)}),
        toInt8(if(gap < 2000, 0, floor(log2(least(${2 ** STRATA - 1}, intDiv(gap, 1000)))))), -1) AS stratum
    FROM (SELECT side, ${top} AS number, toBool(bitAnd(number, 1)) AS hit, at - earlier AS gap, at - missed AS since,
        toUInt8(${read('route')}) AS route, toUInt8(${read('region')}) AS region, ${read('lifetime')} AS lifetime${withUsers ? users : ''}
      FROM (SELECT side, list, arrayMap(one -> toInt64(bitShiftRight(${top}, ${shifts.ms})), list) AS instants,
          arrayPushFront(arrayPopBack(instants), ${NEVER}) AS before,
          arrayFill((was, at) -> was != at, before, instants) AS instants_before,
          arrayFill(was -> was != ${NEVER}, arrayMap((one, at) -> if(bitAnd(${top}, 1) = 1, ${NEVER}, at), list, instants)) AS misses,
          arrayFill((_, was, at) -> was != at, arrayPushFront(arrayPopBack(misses), ${NEVER}), before, instants) AS misses_before
        FROM (SELECT side, lookup, arraySort(groupArray(${packed})) AS list FROM ${timed} GROUP BY side, lookup))
      ARRAY JOIN list AS one, instants AS at, instants_before AS earlier, misses_before AS missed))`;
}
