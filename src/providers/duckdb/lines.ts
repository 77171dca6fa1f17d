/**
 * How request lines are read from NDJSON into columns.
 * Invariant: a line that is not a whole request line (cut off, not JSON, a field of the wrong type) becomes a row
 * with its fault and is never counted as traffic.
 * Source: DuckDB docs, "Loading JSON": typed `columns` skip schema detection; `ignore_errors` needs
 * `newline_delimited`.
 */
import {
  INSTANCE_BINS,
  LAST_BUCKET,
  LOG_WIDTH,
  SHORTEST_MS,
  USER_BINS,
} from '../../domain/clusters/index.ts';
import { COLORS } from '../../domain/color.ts';
import { literal } from './database.ts';

const COLUMNS: Readonly<Record<string, string>> = {
  ts: 'VARCHAR',
  id: 'VARCHAR',
  lost_before: 'BIGINT',
  service: 'VARCHAR',
  route: 'VARCHAR',
  method: 'VARCHAR',
  kind: 'VARCHAR',
  color: 'VARCHAR',
  reason: 'VARCHAR',
  user: 'VARCHAR',
  user_by: 'VARCHAR',
  region: 'VARCHAR',
  instance: 'VARCHAR',
  cfg_gen: 'BIGINT',
  cold: 'BOOLEAN',
  INDEX_HASH: 'VARCHAR',
  retrieval: 'STRUCT(metric VARCHAR, analyzer VARCHAR, embed_model VARCHAR, reranker VARCHAR)',
  cache: 'STRUCT(prefix VARCHAR, "key" VARCHAR, hit BOOLEAN, node VARCHAR, ttl_s DOUBLE)',
  status: 'INTEGER',
  error: 'VARCHAR',
  write: 'VARCHAR',
  latency_ms: 'STRUCT(tusable DOUBLE, tfinal DOUBLE)',
  doubt: 'BOOLEAN',
  by: 'VARCHAR',
  socket: 'STRUCT(event VARCHAR)',
};

/**
 * The error class of a line: its own, or for a failure that nobody classified the status. Writes that the freeze
 * lease or the read-only mode refused are counted as such and are no errors of the color.
 */
export const ERROR_CLASS = `CASE
  WHEN error IS NOT NULL THEN error
  WHEN status >= 400 AND write IS DISTINCT FROM 'frozen' AND write IS DISTINCT FROM 'late'
    THEN 'headers:http_' || (status // 100) || 'xx:' || status
END`;

const OK = 'status < 400 AND error IS NULL';

/** `identityKey` of src/domain/identity.ts, for answers that went well and carry an identity at all. */
const IDENTITY = `CASE WHEN ${OK} AND (INDEX_HASH IS NOT NULL OR retrieval IS NOT NULL) THEN
  coalesce(INDEX_HASH, '?') || '|' || coalesce(retrieval.metric, '?') || '|' || coalesce(retrieval.analyzer, '?')
  || '|' || coalesce(retrieval.embed_model, '?') || '|' || coalesce(retrieval.reranker, '?') END`;

/** Answers of the router itself say nothing of either color. */
const BY_EDGE = `coalesce("by" = 'edge', false)`;

/** A WebSocket's second line counts for how it ended only: as a request it was counted at its opening. */
const COUNTED = `(socket.event IS DISTINCT FROM 'close' OR error IS NOT NULL)`;

/**
 * What tells lines apart for counting. Logs have a few hundred different combinations, so each line keeps only the
 * number of its class and a window counts integers instead of comparing twelve texts a line.
 */
export const CLASS = {
  service: 'service',
  kind: 'kind',
  color: 'color',
  region: "coalesce(region, '')",
  route: 'route',
  error_class: ERROR_CLASS,
  identity: IDENTITY,
  prefix: 'CASE WHEN cache.hit IS NOT NULL THEN cache.prefix END',
  hit: 'cache.hit',
  write: 'write',
  cold: 'coalesce(cold, false)',
  ok: OK,
  in_doubt: 'coalesce(doubt, false)',
  by_edge: BY_EDGE,
} as const;

/**
 * The columns behind a class, as they are: hashing them tells lines apart at least as finely as hashing the class, and
 * saves building a class's texts for every line. A struct that is missing differs from one whose fields are.
 */
const CLASS_SOURCES = [
  'service',
  'kind',
  'color',
  'region',
  'route',
  'error',
  'status',
  'INDEX_HASH',
  'retrieval IS NULL',
  ...['metric', 'analyzer', 'embed_model', 'reranker'].map((field) => `retrieval.${field}`),
  ...['prefix', 'hit'].map((field) => `cache.${field}`),
  'write',
  'cold',
  'doubt',
  '"by"',
];
const CLASS_HASH = `hash(${CLASS_SOURCES.join(', ')})`;

/** Bits of `who` below the user's bin. */
export const BIN_SHIFT = 64 - Math.log2(USER_BINS);
const BELOW_BIN = `${2n ** BigInt(BIN_SHIFT) - 1n}::UBIGINT`;

/** The first 32 bits of a text's MD5, the one hash that everybody who counts these lines has. */
const md5First32 = (text: string): string => `('0x' || md5(${text})[1:8])::UBIGINT`;

/**
 * A user as 64 bits, the bin on top: the keyed hash of the router, or another text by its MD5. Each line without user is
 * a user of its own, in a bin by its epoch ms.
 */
const WHO = (() => {
  const inBinOf = (text: string, rest: string): string =>
    `((${md5First32(text)} >> ${32 - Math.log2(USER_BINS)} << ${BIN_SHIFT}) | (hash(${rest}) & ${BELOW_BIN}))`;
  return `CASE WHEN "user" IS NULL THEN ${inBinOf('epoch_ms(ts)::VARCHAR', 'random(), ts')}
    WHEN regexp_full_match("user", '[0-9a-f]{16}') THEN ('0x' || "user")::UBIGINT
    ELSE ${inBinOf('"user"', '"user"')} END`;
})();

/** Bin of the instance, −1 where none is named. */
const INSTANCE = `(CASE WHEN instance IS NULL THEN -1
  ELSE ${md5First32('instance')} >> ${32 - Math.log2(INSTANCE_BINS)} END)::TINYINT`;

/** Color, cache and key of a lookup; null where the line does not tell all of them. */
const LOOKUP = `CASE WHEN cache.hit IS NOT NULL AND cache.node IS NOT NULL AND cache."key" IS NOT NULL
  THEN hash(color, cache.node, cache."key") END`;

/** Null without an id. Both lines of a WebSocket have the id of its request. */
const ID_HASH = `CASE WHEN id IS NOT NULL THEN hash(id, socket.event) END`;

/** As `bucketOfMs`. */
const bucketOf = (
  ms: string,
): string => `(CASE WHEN ${ms} IS NULL THEN NULL WHEN NOT ${ms} > ${SHORTEST_MS} THEN 0
  ELSE least(${LAST_BUCKET}, floor(ln(${ms} / ${SHORTEST_MS}) / ${LOG_WIDTH})) END)::SMALLINT`;

/** Bits of a line's `marks`. */
export const MARK = {
  /** Blue and green by hash; a user with both in one generation flipped. */
  byHash: 3,
  /** Blue and green by cohort header, which is the user's own choice, so compared with each other only. */
  byCohort: 12,
} as const;

/**
 * Pins are ours, and without a key there is no user to follow: such lines have no color bit. An address is no key either: many
 * users share one, and a user changes it. Neither has one written in
 * doubt, when a region sends everybody to the color of record because it cannot read the weight.
 */
const MARKS = `(CASE
  WHEN kind <> 'user' OR "user" IS NULL OR user_by <> 'key' OR cfg_gen IS NULL OR reason = 'pinned' OR doubt OR ${BY_EDGE} THEN 0
  ELSE (CASE color WHEN 'blue' THEN 1 ELSE 2 END) * (CASE WHEN reason = 'cohort' THEN 4 ELSE 1 END) END)::UTINYINT`;

/** JSON of DuckDB knows NaN and infinity, and a clock that was set back makes a latency negative: none is a time. */
const isTime = (ms: string): string => `(isfinite(${ms}) AND ${ms} >= 0)`;

/** What a whole line has, by the name of the field, and the SQL that holds when it is there and readable. */
const WANTED: Readonly<Record<string, string>> = {
  ts: 'ts IS NOT NULL',
  service: 'service IS NOT NULL',
  route: 'route IS NOT NULL',
  kind: 'kind IS NOT NULL',
  color: `color IS NOT NULL AND color IN (${COLORS.map(literal).join(', ')})`,
  status: 'status IS NOT NULL',
  'latency_ms.tfinal': `latency_ms.tfinal IS NOT NULL AND ${isTime('latency_ms.tfinal')}`,
  'latency_ms.tusable': `latency_ms.tusable IS NULL OR ${isTime('latency_ms.tusable')}`,
};

const WHOLE = Object.values(WANTED)
  .map((sql) => `(${sql})`)
  .join(' AND ');

/** Why a line is no request line at all. */
export const FOREIGN = 'no request line';

/** Why a line is not whole, in a few words; null of one that is. */
const FAULT = `CASE WHEN ${WHOLE} THEN NULL
  WHEN ts IS NULL AND service IS NULL AND color IS NULL AND status IS NULL THEN ${literal(FOREIGN)}
  ${Object.entries(WANTED)
    .map(([name, sql]) => `WHEN NOT (${sql}) THEN 'no readable ${name}'`)
    .join(' ')} END`;

/**
 * ISO 8601 with its offset (without one: UTC), or an epoch in seconds, ms, µs or ns, told apart by size: each reaches from the
 * year 2001 far beyond this century.
 */
const INSTANT = (() => {
  const number = 'TRY_CAST(ts AS DOUBLE)';
  const micros = `CASE WHEN ${number} < 1e9 THEN NULL WHEN ${number} < 1e11 THEN ${number} * 1e6
    WHEN ${number} < 1e14 THEN ${number} * 1e3 WHEN ${number} < 1e17 THEN ${number} WHEN ${number} < 1e20 THEN ${number} / 1e3 END`;
  return `CASE WHEN TRY_CAST(ts AS TIMESTAMPTZ) IS NULL THEN make_timestamp((${micros})::BIGINT)
    WHEN isfinite(TRY_CAST(ts AS TIMESTAMPTZ)) THEN make_timestamp(epoch_us(TRY_CAST(ts AS TIMESTAMPTZ))) END`;
})();

/** `FROM` clause over files (or remote globs); over none it is an empty relation, where DuckDB would complain. */
export function scanOf(paths: readonly string[]): string {
  if (paths.length === 0) {
    const empty = Object.entries(COLUMNS).map(([name, type]) => `NULL::${type} AS "${name}"`);
    return `(SELECT * REPLACE (NULL::TIMESTAMP AS ts) FROM (SELECT ${empty.join(', ')} WHERE false))`;
  }
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  const files = `read_ndjson([${paths.map(literal).join(', ')}], columns = {${columns.join(', ')}}, ignore_errors = true)`;
  return `(SELECT * REPLACE (${INSTANT} AS ts) FROM ${files})`;
}

/** A query over whole raw lines, each id once. @param filter SQL over the raw columns, e.g. a time range. */
export function wholeLines(paths: readonly string[], filter: string): string {
  return `(SELECT * FROM ${scanOf(paths)} WHERE ${WHOLE} AND ${COUNTED} AND ${filter}
    QUALIFY id IS NULL OR row_number() OVER (PARTITION BY ts, ${ID_HASH}) = 1)`;
}

/**
 * A query that reads files once into what the tables need: `fits` is true for whole lines, null for those that are cut
 * off; whole lines that `filter` leaves out do not come out.
 * @param filter SQL over the raw columns, e.g. a time range.
 * @param withClasses the columns of a line's class too, and not only its hash.
 */
export function stagedLines(paths: readonly string[], filter: string, withClasses: boolean): string {
  const classes = withClasses ? Object.entries(CLASS).map(([name, sql]) => `, ${sql} AS ${name}`) : [];
  return `SELECT * FROM (SELECT CASE WHEN ${WHOLE} THEN coalesce(${filter}, false) AND ${COUNTED} END AS fits, ${FAULT} AS fault, ts,
      ${ID_HASH} AS id_hash, lost_before AS lost,
      ${CLASS_HASH} AS class_hash${classes.join('')}, ${MARKS} AS marks, ${WHO} AS who, cfg_gen,
      latency_ms.tusable AS tusable, latency_ms.tfinal AS tfinal, ${INSTANCE} AS instance_bin,
      ${bucketOf('latency_ms.tfinal')} AS final_bucket, ${bucketOf('latency_ms.tusable')} AS usable_bucket,
      ${LOOKUP} AS lookup, CASE WHEN ${LOOKUP} IS NOT NULL THEN cache.ttl_s END AS ttl_s
    FROM ${scanOf(paths)}) WHERE fits IS DISTINCT FROM false`;
}

/** SQL for an instant in the raw or table form. */
export function instant(ms: number): string {
  return `make_timestamp(${Math.trunc(ms)}::BIGINT * 1000)`;
}
