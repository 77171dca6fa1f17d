/**
 * A pair of tables that hold request lines in the form a window is computed from: `classes` (the few hundred
 * different kinds of line) and `lines` (time, class, user, latencies, instance and cache lookup; about 35 bytes each).
 * Invariant: a line is in `lines` only if its class is in `classes`.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { rows } from './database.ts';
import { CLASS, scanOf, stagedLines } from './lines.ts';

const CLASS_COLUMNS = Object.keys(CLASS).join(', ');
const LINE_COLUMNS = `ts, id_hash, lost, class, marks, who, cfg_gen, tusable, tfinal,
  instance_bin, final_bucket, usable_bucket, lookup, ttl_s`;

/** What came of reading files. */
export interface Added {
  /** Lines that fit the filter; all lines where some are not whole, so that the two are of the same files. */
  readonly lines: number;
  /** Lines that are not whole, by why. */
  readonly faults: ReadonlyMap<string, number>;
}

export class LineTables {
  readonly classes: string;
  readonly lines: string;
  readonly #temporary: boolean;
  #hasClasses = false;

  /** @param temporary lives as long as the connection, instead of the process. */
  constructor(name: string, temporary: boolean) {
    this.classes = `${name}_classes`;
    this.lines = `${name}_lines`;
    this.#temporary = temporary;
  }

  async create(connection: DuckDBConnection): Promise<void> {
    const table = this.#temporary ? 'TEMP TABLE' : 'TABLE';
    const none = `(SELECT 0::INTEGER AS class, * FROM (${stagedLines([], 'true', true)}))`;
    await connection.run(
      `CREATE ${table} ${this.classes} AS SELECT class, class_hash, ${CLASS_COLUMNS} FROM ${none}`,
    );
    await connection.run(`CREATE ${table} ${this.lines} AS SELECT ${LINE_COLUMNS} FROM ${none}`);
  }

  /**
   * Reads files and adds their whole lines. One that has come before, by its time and id, is left out: logs are delivered twice,
   * and copies of a log lie beside it.
   * @param filter SQL over the raw columns, e.g. a time range.
   */
  async add(connection: DuckDBConnection, paths: readonly string[], filter: string): Promise<Added> {
    const stage = async (withClasses: boolean): Promise<void> => {
      const lines = stagedLines(paths, filter, withClasses);
      await connection.run(`CREATE OR REPLACE TEMP TABLE staged AS ${lines}`);
    };
    // Later lines are seldom of a new class: reading those few files twice costs less than every class column does.
    const withClasses = !this.#hasClasses;
    await stage(withClasses);
    const [found] = await rows(
      connection,
      `SELECT count(*)::DOUBLE AS lines, count(*) FILTER (fits IS NULL)::DOUBLE AS malformed,
          count(*) FILTER (fits AND class IS NULL)::DOUBLE AS unknown,
          epoch_us(min(ts) FILTER (id_hash IS NOT NULL))::VARCHAR AS first,
          epoch_us(max(ts) FILTER (id_hash IS NOT NULL))::VARCHAR AS last
        FROM staged LEFT JOIN ${this.classes} USING (class_hash)`,
    );
    if (Number(found?.['unknown'] ?? 0) > 0) {
      if (!withClasses) await stage(true);
      await this.#addClasses(connection);
    }
    const known = `staged JOIN (SELECT class, class_hash FROM ${this.classes}) USING (class_hash) WHERE fits`;
    const { first = null, last = null } = found ?? {};
    const fresh = first === null || last === null ? known : this.#once(known, String(first), String(last));
    // Last, and one statement: a cancelled call has added all of the lines or none, so they can be read again.
    await connection.run(`INSERT INTO ${this.lines} BY NAME SELECT ${LINE_COLUMNS} FROM ${fresh}`);
    if (Number(found?.['malformed'] ?? 0) === 0)
      return { lines: Number(found?.['lines'] ?? 0), faults: new Map() };
    const [all] = await rows(connection, `SELECT count(*)::DOUBLE AS n FROM ${scanOf(paths)}`);
    return { lines: Number(all?.['n'] ?? 0), faults: await faults(connection) };
  }

  /**
   * Each id once. Lines come nearly in order of time, so only the newest ones of the table are looked at.
   * @param firstUs of the new ones with an id, epoch µs
   */
  #once(known: string, firstUs: string, lastUs: string): string {
    const before = `SELECT 1 FROM ${this.lines} old WHERE old.ts BETWEEN make_timestamp(${firstUs}) AND make_timestamp(${lastUs})
      AND old.ts = staged.ts AND old.id_hash = staged.id_hash`;
    return `${known} AND NOT EXISTS (${before})
      QUALIFY id_hash IS NULL OR row_number() OVER (PARTITION BY ts, id_hash) = 1`;
  }

  /** Classes are told apart by a hash over what they are made of: 64 bits for a few hundred of them. */
  async #addClasses(connection: DuckDBConnection): Promise<void> {
    await connection.run(
      `INSERT INTO ${this.classes} BY NAME
        SELECT (SELECT count(*) FROM ${this.classes})::INTEGER + row_number() OVER () AS class, *
        FROM (SELECT DISTINCT ON (class_hash) class_hash, ${CLASS_COLUMNS} FROM staged
          WHERE fits AND class_hash NOT IN (SELECT class_hash FROM ${this.classes}))`,
    );
    this.#hasClasses = true;
  }
}

async function faults(connection: DuckDBConnection): Promise<ReadonlyMap<string, number>> {
  const found = await rows(
    connection,
    `SELECT fault, count(*)::DOUBLE AS n FROM staged WHERE fits IS NULL GROUP BY fault`,
  );
  return new Map(found.map((row) => [String(row['fault']), Number(row['n'])]));
}
