/**
 * What PostgreSQL does for a config store, as statements without parameters: only such go out together in one message.
 *
 * Invariants: one statement compares and sets; only PostgreSQL's own clock dates a lease; the generation is read from the document itself,
 * so what cannot be taken for the config of this service is never written over; the document is stored as it was sent.
 */
import { escapeLiteral } from 'pg';

const NOW_MS = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

export interface Wanted {
  readonly table: string;
  readonly service: string;
  /** Also makes whoever is no primary any more, and does not know, wait for a standby that does not answer. */
  readonly isSynchronous: boolean;
}

/** A commit counts when it is on the disk, whatever the server's default; with a synchronous standby also on its disk. */
const DURABLE = 'SET LOCAL synchronous_commit = on';
/** Writes to the log without changing anything, so that even a read is answered only after its commit. */
const MARK = `SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_logical_emit_message(true, 'cutover', '') END`;

/** The last statement of every call: who answers, and what stands. @param maxBytes of a document that is read at all */
function stands({ table, service }: Wanted, maxBytes: number): string {
  return `SELECT ${NOW_MS}::text AS now, pg_is_in_recovery() AS standby, current_setting('synchronous_standby_names') AS names,
  c.service IS NOT NULL AS found, octet_length(c.config::text) AS bytes, CASE WHEN octet_length(c.config::text) <= ${maxBytes} THEN c.config::text END AS text
FROM (SELECT 1) AS one LEFT JOIN ${table} AS c ON c.service = ${escapeLiteral(service)}`;
}

export function readSql(wanted: Wanted, maxBytes: number): readonly string[] {
  return [DURABLE, ...(wanted.isSynchronous ? [MARK] : []), stands(wanted, maxBytes)];
}

export interface Write {
  readonly generation: number;
  /** That of the document which it takes the place of; 0: there is none. */
  readonly follows: number;
  readonly writer: string;
  /** The document before and after its lease. */
  readonly document: readonly [string, string];
  readonly leaseMs: number | undefined;
}

/**
 * The row comes back where the write stands: now, or already. A write that stands already is written again as it is, so that it
 * waits for the standby anew.
 */
export function writeSql(wanted: Wanted, write: Write, maxBytes: number): readonly string[] {
  const { table, service } = wanted;
  const { generation, follows, writer, document, leaseMs } = write;
  const [head, tail] = document.map(escapeLiteral);
  const lease = leaseMs === undefined ? '' : ` || (${NOW_MS} + ${leaseMs})::text`;
  const next = `(${head}${lease} || ${tail})::json`;
  const at = (number: number): string =>
    `(c.config::json ->> 'schema' = '1' AND c.config::json ->> 'service' = ${escapeLiteral(service)} AND (c.config::json -> 'generation')::text = '${number}')`;
  const own = `(${at(generation)} AND c.config::json ->> 'writer' = ${escapeLiteral(writer)})`;
  const name = escapeLiteral(service);
  const set =
    follows === 0
      ? `INSERT INTO ${table} AS c (service, config) VALUES (${name}, ${next})
ON CONFLICT (service) DO UPDATE SET config = c.config WHERE ${own} RETURNING 1 AS set`
      : `UPDATE ${table} AS c SET config = CASE WHEN ${own} THEN c.config ELSE ${next} END
WHERE c.service = ${name} AND (${own} OR ${at(follows)}) RETURNING 1 AS set`;
  return [DURABLE, set, stands(wanted, maxBytes)];
}

/** Needs every right that a write needs and changes nothing; tells what would let a config vanish. */
export function checkSql(wanted: Wanted, maxBytes: number): readonly string[] {
  const { table } = wanted;
  return [
    `INSERT INTO ${table} (service, config) SELECT '', '{}'::json WHERE false ON CONFLICT (service) DO UPDATE SET config = EXCLUDED.config`,
    // In the form of a write: a column of type jsonb or text takes an insert, and no update.
    `UPDATE ${table} AS c SET config = CASE WHEN false THEN c.config ELSE '{}'::json END WHERE false`,
    `SELECT current_setting('fsync') AS fsync, relpersistence::text AS persistence FROM pg_class WHERE oid = '${table}'::regclass`,
    stands(wanted, maxBytes),
  ];
}
