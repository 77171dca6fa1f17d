/**
 * A pair of tables that hold request lines in the form a window is computed from: `classes` (the few hundred
 * different kinds of line) and `lines` (time, class, user and latencies; about 50 bytes each).
 * Invariant: a line is in `lines` only if its class is in `classes`.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { rows } from './database.ts';
import { CLASS, stagedLines } from './lines.ts';

const CLASS_COLUMNS = Object.keys(CLASS).join(', ');

export class LineTables {
  readonly classes: string;
  readonly lines: string;
  readonly #temporary: boolean;

  /** @param temporary lives as long as the connection, instead of the process. */
  constructor(name: string, temporary: boolean) {
    this.classes = `${name}_classes`;
    this.lines = `${name}_lines`;
    this.#temporary = temporary;
  }

  async create(connection: DuckDBConnection): Promise<void> {
    const table = this.#temporary ? 'TEMP TABLE' : 'TABLE';
    await connection.run(
      `CREATE ${table} ${this.classes} AS
        SELECT 0::INTEGER AS class, class_hash, ${CLASS_COLUMNS} FROM (${stagedLines([])})`,
    );
    await connection.run(
      `CREATE ${table} ${this.lines} AS
        SELECT ts, 0::INTEGER AS class, marks, who, cfg_gen, tusable, tfinal FROM (${stagedLines([])})`,
    );
  }

  /**
   * Reads files once and adds their whole lines.
   * @param filter SQL over `ts`, `service`, `region`.
   * @returns how many lines were not whole.
   */
  async add(connection: DuckDBConnection, paths: readonly string[], filter: string): Promise<number> {
    await connection.run(`CREATE OR REPLACE TEMP TABLE staged AS ${stagedLines(paths)}`);
    // Classes are told apart by a hash over all their columns: 64 bits for a few hundred of them.
    await connection.run(
      `INSERT INTO ${this.classes} BY NAME
        SELECT (SELECT count(*) FROM ${this.classes})::INTEGER + row_number() OVER () AS class, *
        FROM (SELECT DISTINCT ON (class_hash) class_hash, ${CLASS_COLUMNS} FROM staged
          WHERE whole AND ${filter} AND class_hash NOT IN (SELECT class_hash FROM ${this.classes}))`,
    );
    const [bad] = await rows(connection, 'SELECT count(*)::DOUBLE AS n FROM staged WHERE NOT whole');
    // Last, and one statement: a cancelled call has added all of the lines or none, so they can be read again.
    await connection.run(
      `INSERT INTO ${this.lines} BY NAME
        SELECT ts, class, marks, who, cfg_gen, tusable, tfinal
        FROM staged JOIN (SELECT class, class_hash FROM ${this.classes}) USING (class_hash)
        WHERE whole AND ${filter}`,
    );
    return Number(bad?.['n'] ?? 0);
  }
}
