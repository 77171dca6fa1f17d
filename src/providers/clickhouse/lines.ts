/**
 * Request lines in a table, as the statements of a look read them.
 * Invariant: a column of the table has the name that the field has in the line, so lines can be inserted as they are (JSONEachRow).
 */
import type { Color } from '../../domain/color.ts';
import {
  serverErrorNames,
  type Grid,
  type ServerErrors,
  type SumsTerms,
} from '../../domain/clusters/index.ts';
import type { PartNames } from '../../domain/engine-sums/index.ts';
import { float, literal } from './database.ts';
import { BELOW_BIN, computed, ERROR_CLASS, type LinesTable } from './table.ts';

export interface Range {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Empty means all. */
  readonly regions: readonly string[];
}

/** Whole lines of a range, behind `FROM`. */
export function linesWithin(
  table: LinesTable,
  { service, fromMs, toMs, regions }: Range,
  counts: 1 | 2 = 1,
): string {
  const region = regions.length === 0 ? '' : ` AND region IN (${regions.map(literal).join(', ')})`;
  return `${table.from} WHERE service = ${literal(service)} AND ts >= ${instant(fromMs)} AND ts < ${instant(toMs)}
    AND ${computed(table, 'counts')} >= ${counts}${region}`;
}

function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(${Math.ceil(ms)}, 'UTC')`;
}

/** Before any line, ms. */
export const NEVER = 'toInt64(-1000000000000000)';

const MS = 'toUnixTimestamp64Milli(ts)';
/** What every failure has: few lines are asked which class theirs is of. */
export const MAY_FAIL = '(error IS NOT NULL OR status >= 400)';

/** As `isServerError`. */
function serverSql(rule: ServerErrors): string {
  const isOf = (names: readonly string[]): string =>
    `(${['false', ...names.flatMap((one) => [`class = ${literal(one)}`, `startsWith(class, ${literal(`${one}:`)})`])].join(' OR ')})`;
  const { never, always, client } = serverErrorNames(rule);
  return `class != '' AND NOT ${isOf(never)} AND (${isOf(always)} OR NOT ${isOf(client)})`;
}

/** Which lines sums count, and the ticks they are of. */
export interface Frame extends Omit<Range, 'fromMs' | 'toMs'> {
  readonly table: LinesTable;
  readonly to: Color;
  readonly from: Color | null;
  readonly startMs: number;
  readonly tickMs: number;
  readonly ticks: number;
  /** Ticks of a block; blocks are counted back from the end. */
  readonly blockTicks: Grid['blockTicks'];
  /** Regions and routes that are told apart, by number; a line of another has the number after the last. Empty: nobody asks. */
  readonly names: PartNames;
  /** Start of the newest two looks, and their equal parts. */
  readonly recent: SumsTerms['recent'];
  readonly serverErrors: ServerErrors;
}

/** Lines of the table that may count, of any tick. */
function linesOf({ table, service, regions, to, from, startMs, tickMs, ticks }: Frame): string {
  const range = { service, regions, fromMs: startMs, toMs: startMs + ticks * tickMs + 1 };
  const colors = [to, ...(from === null ? [] : [from])].map(literal).join(', ');
  return `${linesWithin(table, range, 2)} AND color IN (${colors})`;
}

/** Of the table itself: of a relation each would read its whole tuple, texts and all. */
const OF_TUPLES = `latency_ms.tfinal AS tfinal, ifNull(latency_ms.tusable, -1) AS tusable, ifNull(cache.hit, false) AS hit, cache.ttl_s AS ttl_s`;

/**
 * Columns of the lines that count; only those that a statement names are made. `side` is 1 for `to`, 0 for `from`; `region` and
 * `route` numbers; `failure` the server class, '' without one; `instance` its bin, −1 where none is named; `final_bucket` and
 * `usable_bucket` −1 of what is no warm success or tells none; `slot` the equal part of the newest two looks, −1 before them.
 * @param only which lines, by columns of the table
 */
export function countedLines(frame: Frame, only = 'true'): string {
  const { table, to, startMs, tickMs, ticks, blockTicks, names, serverErrors } = frame;
  const last = Math.ceil(ticks / blockTicks) - 1;
  // Narrow numbers: a group is found by what its columns are together.
  return `(SELECT *, ${tickSql('at_tick', ticks)} AS tick, toUInt16(${last} - intDiv(${ticks - 1} - at_tick, ${blockTicks})) AS block,
      ${BIN} AS bin, ${slotSql(frame)} AS slot,
      if(${serverSql(serverErrors)}, class, '') AS failure
    FROM (SELECT region_name, route_name, toUInt8(color = ${literal(to)}) AS side, ${numberSql('region_name', names.region)} AS region,
      ${numberSql('route_name', names.route)} AS route, ${MS} AS ms,
      toInt32(floor((${MS} - ${float(startMs)}) / ${float(tickMs)})) AS at_tick, ${computed(table, 'who')} AS who,
      ${computed(table, 'instance_bin')} AS instance, ${ERROR_CLASS} AS class,
      tfinal, tusable,
      ${computed(table, 'final_bucket')} AS final_bucket, ${computed(table, 'usable_bucket')} AS usable_bucket,
      ${computed(table, 'lookup')} AS lookup, hit, ttl_s
    FROM (SELECT *, region AS region_name, route AS route_name, ${OF_TUPLES} FROM ${linesOf(frame)} AND ${only})
  ) WHERE at_tick BETWEEN 0 AND ${ticks - 1})`;
}

/**
 * Lookups only, with `lookup`: node and key.
 * @param only which of them, by columns of the table
 */
export function lookupLines(frame: Frame, only = 'true'): string {
  return countedLines(frame, `${computed(frame.table, 'lookup')} != 0 AND ${only}`);
}

/** Failures only. */
export function failedLines(frame: Frame): string {
  return `(SELECT * FROM ${countedLines(frame, MAY_FAIL)} WHERE failure != '')`;
}

/** Of `who`. */
export const BIN = `toUInt16(bitShiftRight(who, ${BELOW_BIN}))`;

function numberSql(column: string, names: readonly string[]): string {
  const type = names.length < 255 ? 'UInt8' : 'UInt16';
  if (names.length === 0) return `to${type}(0)`;
  return `CAST(transform(${column}, [${names.map(literal).join(', ')}], [${names.map((_, i) => i).join(', ')}], ${names.length}), '${type}')`;
}

/** A tick of the frame as a number of as few bytes as hold it. */
export function tickSql(value: string, ticks: number): string {
  return `${ticks <= 65_536 ? 'toUInt16' : 'toUInt32'}(${value})`;
}

function slotSql({ recent: { startMs, parts }, startMs: since, ticks, tickMs }: Frame): string {
  const lengthMs = (since + ticks * tickMs - startMs) / parts;
  const sinceMs = `(ms - ${float(startMs)})`;
  return `toInt8(if(${sinceMs} < 0, -1, least(${parts - 1}, floor(${sinceMs} / ${float(lengthMs)}))))`;
}
