/**
 * The table that holds request lines, and what it keeps of a line from the moment it comes in.
 * Invariant: a table without one of these columns is counted alike; each statement then computes it anew from the line's own fields.
 */
import {
  INSTANCE_BINS,
  LAST_BUCKET,
  LOG_WIDTH,
  SHORTEST_MS,
  USER_BINS,
} from '../../domain/clusters/index.ts';
import { float, literal, type Database } from './database.ts';

/** A failure that nobody classified has the class of its status; refused writes are no errors of the color. */
export const ERROR_CLASS = `multiIf(error IS NOT NULL, toString(assumeNotNull(error)),
  status >= 400 AND ifNull(write, '') NOT IN ('frozen', 'late'),
  concat('headers:http_', toString(intDiv(status, 100)), 'xx:', toString(status)), '')`;

export const OK = '(status < 400 AND error IS NULL)';

/** Answers of the router itself say nothing of either color. */
export const BY_EDGE = "(ifNull(by, '') = 'edge')";

/** Bits of `who` below the user's bin. */
export const BELOW_BIN = 64 - Math.log2(USER_BINS);

/** A WebSocket's second line counts for how it ended only, and a line whose latency is no time is unreadable. */
const WHOLE = ["(ifNull(socket.event, '') != 'close' OR error IS NOT NULL)"]
  .concat(
    ['latency_ms.tfinal', 'ifNull(latency_ms.tusable, 0)'].map((ms) => `(isFinite(${ms}) AND ${ms} >= 0)`),
  )
  .join(' AND ');

const HASH_OF = (text: string): string => `byteSwap(reinterpretAsUInt64(substring(MD5(${text}), 1, 8)))`;
const USER = 'assumeNotNull(user)';
/** A request without user, delivered again, is the same user again where it has an id. */
const NOBODY = `bitOr(bitShiftLeft(bitShiftRight(${HASH_OF('toString(toUnixTimestamp64Milli(ts))')}, ${BELOW_BIN}), ${BELOW_BIN}),
  bitShiftRight(if(id IS NULL, rand64(), cityHash64(assumeNotNull(id))), ${64 - BELOW_BIN}))`;

/** As `bucketOfMs`. */
const bucketOf = (ms: string): string =>
  `toInt16(if(${ms} > ${SHORTEST_MS}, least(${LAST_BUCKET}, floor(log(${ms} / ${SHORTEST_MS}) / ${float(LOG_WIDTH)})), 0))`;
const WARM = `(${OK} AND NOT cold)`;

/** By name of the column: its type, and what it is of the line's fields. */
export const COMPUTED = {
  /** 0: not read. 1: a whole line. 2: a user's request, which sums count. */
  counts: { type: 'UInt8', sql: `if(${WHOLE}, if(kind = 'user' AND NOT ${BY_EDGE}, 2, 1), 0)` },
  /** First 64 bits of a user's keyed hash, of another text's MD5. Each line without user is a user of its own, in a bin by its epoch ms. */
  who: {
    type: 'UInt64',
    // Sixteen small hex digits are what their bytes spell again: several times as quick as a pattern.
    sql: `multiIf(user IS NULL, ${NOBODY},
  length(${USER}) = 16 AND lower(hex(unhex(${USER}))) = ${USER}, byteSwap(reinterpretAsUInt64(unhex(${USER}))),
  ${HASH_OF(USER)})`,
  },
  /** Bucket of a warm success, −1 of other lines; and of its first usable text, −1 without one. */
  final_bucket: { type: 'Int16', sql: `if(${WARM}, ${bucketOf('latency_ms.tfinal')}, -1)` },
  usable_bucket: {
    type: 'Int16',
    sql: `if(${WARM} AND latency_ms.tusable IS NOT NULL, ${bucketOf('assumeNotNull(latency_ms.tusable)')}, -1)`,
  },
  /** Node and key of a lookup; 0 where the line does not tell all of it. */
  lookup: {
    type: 'UInt64',
    sql: `if(cache.node IS NOT NULL AND cache.key IS NOT NULL AND cache.hit IS NOT NULL,
  greatest(1, cityHash64(assumeNotNull(cache.node), assumeNotNull(cache.key))), 0)`,
  },
  /** Bin of the instance, −1 where none is named: the top bits of the name's MD5. */
  instance_bin: {
    type: 'Int8',
    sql: `toInt8(ifNull(bitShiftRight(reinterpretAsUInt8(substring(MD5(instance), 1, 1)), ${8 - Math.log2(INSTANCE_BINS)}), -1))`,
  },
  /** Tells lines apart: those of one time, user and id are one. Both lines of a WebSocket have the id of its request. */
  line: {
    type: 'UInt64',
    sql: `if(id IS NULL, rand64(), cityHash64(assumeNotNull(id), ifNull(socket.event, '')))`,
  },
} as const;

export interface LinesTable {
  /** What stands behind `FROM`; with `FINAL` where the table keeps a line that came twice until it comes to it. */
  readonly from: string;
  /** The same without. */
  readonly plain: string;
  /** Columns of {@link COMPUTED} that it has. */
  readonly has: ReadonlySet<string>;
}

/** What the engine says of the table; one that it does not know is left to the statement that reads it. */
export async function linesTable(db: Database, database: string, name: string): Promise<LinesTable> {
  const is = (column: string): string => `database = ${literal(database)} AND ${column} = ${literal(name)}`;
  const [columns, tables] = await Promise.all([
    db.rows(`SELECT name FROM system.columns WHERE ${is('table')}`),
    db.rows(`SELECT engine FROM system.tables WHERE ${is('name')}`),
  ]);
  const has = new Set(columns.map(([column]) => String(column)));
  // Such a table keeps one of equal lines, but forgets the others only when it comes to it.
  const keepsOnce = String(tables[0]?.[0] ?? '').endsWith('ReplacingMergeTree') && has.has('line');
  const plain = `${database}.${name}`;
  return { from: keepsOnce ? `${plain} FINAL` : plain, plain, has };
}

/**
 * The table as statements about these lines may read it: seldom is one of them there twice, and `FINAL` costs each statement more than
 * it takes to look.
 * @param lines behind `FROM`
 */
export async function settled(
  db: Database,
  table: LinesTable,
  lines: (table: LinesTable) => string,
  signal?: AbortSignal,
): Promise<LinesTable> {
  const { from, plain } = table;
  if (from === plain) return table;
  const read = { ...table, from: plain };
  const [found] = await db.rows(
    `SELECT (SELECT count() FROM ${lines(read)}) = (SELECT count() FROM ${lines(table)})`,
    signal,
  );
  return Number(found?.[0]) === 1 ? read : table;
}

/** A column of {@link COMPUTED}, by its name where the table has it. */
export function computed({ has }: LinesTable, name: keyof typeof COMPUTED): string {
  return has.has(name) ? name : `(${COMPUTED[name].sql})`;
}
