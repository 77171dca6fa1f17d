/**
 * Request lines in a table, as the statements of a look read them.
 * Invariant: a column of the table has the name that the field has in the line, so lines can be inserted as they are (JSONEachRow).
 */
import type { Color } from '../../domain/color.ts';
import {
  INSTANCE_BINS,
  LAST_BUCKET,
  serverErrorNames,
  USER_BINS,
  type Grid,
  type ServerErrors,
  type SumsTerms,
} from '../../domain/clusters/index.ts';
import type { PartNames } from '../../domain/engine-sums/index.ts';
import { float, literal } from './database.ts';

/** A failure that nobody classified has the class of its status; refused writes are no errors of the color. */
export const ERROR_CLASS = `multiIf(error IS NOT NULL, toString(assumeNotNull(error)),
  status >= 400 AND ifNull(write, '') NOT IN ('frozen', 'late'),
  concat('headers:http_', toString(intDiv(status, 100)), 'xx:', toString(status)), '')`;

export const OK = '(status < 400 AND error IS NULL)';

/** Answers of the router itself say nothing of either color. */
export const BY_EDGE = "(ifNull(by, '') = 'edge')";

/** A WebSocket's second line counts for how it ended only. */
const COUNTED = "(ifNull(socket.event, '') != 'close' OR error IS NOT NULL)";

/** A clock that was set back makes a latency negative: such a line is unreadable, as in every engine. */
const TIMED = ['latency_ms.tfinal', 'ifNull(latency_ms.tusable, 0)']
  .map((ms) => `isFinite(${ms}) AND ${ms} >= 0`)
  .join(' AND ');

export interface Range {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Empty means all. */
  readonly regions: readonly string[];
}

export function within({ service, fromMs, toMs, regions }: Range): string {
  const region = regions.length === 0 ? '' : ` AND region IN (${regions.map(literal).join(', ')})`;
  return `service = ${literal(service)} AND ts >= ${instant(fromMs)} AND ts < ${instant(toMs)} AND ${COUNTED} AND ${TIMED}${region}`;
}

function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(${Math.ceil(ms)}, 'UTC')`;
}

/** Bits of `who` below the user's bin. */
const BELOW_BIN = 64 - Math.log2(USER_BINS);
/**
 * The first 64 bits of a user's keyed hash, of another text's MD5. Each line without user is a user of its own, in a bin by its
 * epoch ms.
 */
const MS = 'toUnixTimestamp64Milli(ts)';
const HASH_OF = (text: string): string => `byteSwap(reinterpretAsUInt64(substring(MD5(${text}), 1, 8)))`;
const USER = 'assumeNotNull(user)';
// Sixteen small hex digits are what their bytes spell again: several times as quick as a pattern.
const WHO = `multiIf(user IS NULL,
  bitOr(bitShiftLeft(bitShiftRight(${HASH_OF(`toString(${MS})`)}, ${BELOW_BIN}), ${BELOW_BIN}), bitShiftRight(rand64(), ${64 - BELOW_BIN})),
  length(${USER}) = 16 AND lower(hex(unhex(${USER}))) = ${USER}, byteSwap(reinterpretAsUInt64(unhex(${USER}))),
  ${HASH_OF(USER)})`;
const LOOKUP = '(cache.node IS NOT NULL AND cache.key IS NOT NULL AND cache.hit IS NOT NULL)';
/** What every failure has: few lines are asked which class theirs is of. */
const MAY_FAIL = '(error IS NOT NULL OR status >= 400)';

/** A bucket of a latency, as `bucketOfMs`. */
function bucketSql(ms: string): string {
  return `toInt16(if(${ms} > 0.01, least(${LAST_BUCKET}, floor(log(${ms} / 0.01) / ${float(Math.log(1.01))})), 0))`;
}

/** As `isServerError`. */
function serverSql(rule: ServerErrors): string {
  const isOf = (names: readonly string[]): string =>
    `(${['false', ...names.flatMap((one) => [`class = ${literal(one)}`, `startsWith(class, ${literal(`${one}:`)})`])].join(' OR ')})`;
  const { never, always, client } = serverErrorNames(rule);
  return `class != '' AND NOT ${isOf(never)} AND (${isOf(always)} OR NOT ${isOf(client)})`;
}

/** Which lines sums count, and the ticks they are of. */
export interface Frame extends Omit<Range, 'fromMs' | 'toMs'> {
  readonly table: string;
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
  return `${table} WHERE kind = 'user' AND NOT ${BY_EDGE} AND color IN (${colors}) AND ${within(range)}`;
}

/**
 * Columns of the lines that count; only those that a statement names are made. `side` is 1 for `to`, 0 for `from`; `region` and
 * `route` numbers; `failure` the server class, '' without one; `instance` its bin, −1 where none is named; `slot` the equal part of
 * the newest two looks, −1 before them.
 * @param only which lines, by columns of the table
 */
export function countedLines(frame: Frame, only = 'true'): string {
  const { to, startMs, tickMs, ticks, blockTicks, names, serverErrors } = frame;
  const last = Math.ceil(ticks / blockTicks) - 1;
  return `(SELECT *, toUInt16(${last} - intDiv(${ticks - 1} - tick, ${blockTicks})) AS block,
      ${BIN} AS bin, ${slotSql(frame)} AS slot,
      if(${serverSql(serverErrors)}, class, '') AS failure
    FROM (SELECT region_name, route_name, toUInt8(color = ${literal(to)}) AS side, ${numberSql('region_name', names.region)} AS region,
      ${numberSql('route_name', names.route)} AS route, ${MS} AS ms,
      toInt32(floor((${MS} - ${float(startMs)}) / ${float(tickMs)})) AS tick, ${WHO} AS who,
      ${INSTANCE} AS instance, ${ERROR_CLASS} AS class, (${OK} AND NOT cold) AS warm,
      latency_ms.tfinal AS tfinal, latency_ms.tusable AS tusable, ${bucketSql('latency_ms.tfinal')} AS final_bucket,
      if(latency_ms.tusable IS NULL, -1, ${bucketSql('assumeNotNull(latency_ms.tusable)')}) AS usable_bucket,
      cityHash64(assumeNotNull(cache.node), assumeNotNull(cache.key)) AS lookup, ifNull(cache.hit, false) AS hit, cache.ttl_s AS ttl_s
    FROM (SELECT *, region AS region_name, route AS route_name FROM ${linesOf(frame)} AND ${only})
  ) WHERE tick BETWEEN 0 AND ${ticks - 1})`;
}

/** Lookups only, with `lookup`: node and key. */
export function lookupLines(frame: Frame): string {
  return countedLines(frame, LOOKUP);
}

/** Failures only. */
export function failedLines(frame: Frame): string {
  return `(SELECT * FROM ${countedLines(frame, MAY_FAIL)} WHERE failure != '')`;
}

/** Of `who`. */
export const BIN = `toUInt16(bitShiftRight(who, ${BELOW_BIN}))`;

/** Bin of the instance, −1 where none is named: the top bits of the name's MD5. */
const INSTANCE = `toInt8(ifNull(bitShiftRight(reinterpretAsUInt8(substring(MD5(instance), 1, 1)), ${8 - Math.log2(INSTANCE_BINS)}), -1))`;

function numberSql(column: string, names: readonly string[]): string {
  const type = names.length < 255 ? 'UInt8' : 'UInt16';
  if (names.length === 0) return `to${type}(0)`;
  return `CAST(transform(${column}, [${names.map(literal).join(', ')}], [${names.map((_, i) => i).join(', ')}], ${names.length}), '${type}')`;
}

function slotSql({ recent: { startMs, parts }, startMs: since, ticks, tickMs }: Frame): string {
  const lengthMs = (since + ticks * tickMs - startMs) / parts;
  const sinceMs = `(ms - ${float(startMs)})`;
  return `toInt8(if(${sinceMs} < 0, -1, least(${parts - 1}, floor(${sinceMs} / ${float(lengthMs)}))))`;
}
