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
} from '../../domain/clusters/index.ts';
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

export interface Range {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Empty means all. */
  readonly regions: readonly string[];
}

export function within({ service, fromMs, toMs, regions }: Range): string {
  const region = regions.length === 0 ? '' : ` AND region IN (${regions.map(literal).join(', ')})`;
  return `service = ${literal(service)} AND ts >= ${instant(fromMs)} AND ts < ${instant(toMs)} AND ${COUNTED}${region}`;
}

function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(${Math.ceil(ms)}, 'UTC')`;
}

/** The first 64 bits of a user's keyed hash, of another text's MD5; a line without user is a user of its own. */
const HASH_OF = (text: string): string => `reinterpretAsUInt64(reverse(substring(MD5(${text}), 1, 8)))`;
const WHO = `multiIf(user IS NULL, cityHash64(generateUUIDv4()),
  match(assumeNotNull(user), '^[0-9a-f]{16}$'), reinterpretAsUInt64(reverse(unhex(assumeNotNull(user)))),
  ${HASH_OF('assumeNotNull(user)')})`;
const MS = 'toUnixTimestamp64Milli(ts)';

/** A bucket of a latency, as `bucketOfMs`. */
function bucketSql(ms: string): string {
  return `toInt32(if(${ms} > 0.01, least(${LAST_BUCKET}, floor(log(${ms} / 0.01) / ${float(Math.log(1.01))})), 0))`;
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
  readonly serverErrors: ServerErrors;
}

/** `side` is 1 for `to`, 0 for `from`; \`failure\` the server class, '' without one; `instance_bin` −1 where none is named. */
export function countedLines(frame: Frame): string {
  const { table, to, from, startMs, tickMs, ticks, blockTicks, service, regions, serverErrors } = frame;
  const range = { service, regions, fromMs: startMs, toMs: startMs + ticks * tickMs + 1 };
  const colors = [to, ...(from === null ? [] : [from])].map(literal).join(', ');
  const last = Math.ceil(ticks / blockTicks) - 1;
  const userBits = 64 - Math.log2(USER_BINS);
  const instanceBits = 64 - Math.log2(INSTANCE_BINS);
  return `(SELECT *, toInt32(${last} - intDiv(${ticks - 1} - tick, ${blockTicks})) AS block FROM (
    SELECT toUInt8(color = ${literal(to)}) AS side, toString(region) AS region, toString(route) AS route, ${MS} AS ms,
      toInt32(floor((${MS} - ${float(startMs)}) / ${float(tickMs)})) AS tick, ${WHO} AS who,
      toUInt16(bitShiftRight(if(user IS NULL, ${HASH_OF(`toString(${MS})`)}, who), ${userBits})) AS bin,
      if(instance IS NULL, -1, toInt32(bitShiftRight(${HASH_OF('assumeNotNull(instance)')}, ${instanceBits}))) AS instance_bin,
      ${ERROR_CLASS} AS class, if(${serverSql(serverErrors)}, class, '') AS failure,
      (${OK} AND NOT cold) AS warm, latency_ms.tfinal AS tfinal, latency_ms.tusable AS tusable,
      ${bucketSql('latency_ms.tfinal')} AS final_bucket,
      if(latency_ms.tusable IS NULL, -1, ${bucketSql('assumeNotNull(latency_ms.tusable)')}) AS usable_bucket,
      (cache.node IS NOT NULL AND cache.key IS NOT NULL AND cache.hit IS NOT NULL) AS is_lookup,
      concat(ifNull(cache.node, ''), '\\0', ifNull(cache.key, '')) AS lookup, ifNull(cache.hit, false) AS hit,
      if(is_lookup, cache.ttl_s, NULL) AS ttl_s
    FROM ${table} WHERE kind = 'user' AND NOT ${BY_EDGE} AND color IN (${colors}) AND ${within(range)}
  ) WHERE tick BETWEEN 0 AND ${ticks - 1})`;
}
