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
        SELECT 0::INTEGER AS class, ${CLASS_COLUMNS} FROM (${stagedLines([])})`,
    );
    await connection.run(
      `CREATE ${table} ${this.lines} AS
        SELECT ts, 0::INTEGER AS class, side, who, cfg_gen, tusable, tfinal FROM (${stagedLines([])})`,
    );
  }

  /**
   * Reads files once and adds their whole lines.
   * @param filter SQL over `ts`, `service`, `region`.
   * @returns how many lines were not whole.
   */
  async add(connection: DuckDBConnection, paths: readonly string[], filter: string): Promise<number> {
    await connection.run(`CREATE OR REPLACE TEMP TABLE staged AS ${stagedLines(paths)}`);
    // Classes are compared by a hash over all columns, nulls included; 64 bits over a few hundred classes.
    await connection.run(
      `INSERT INTO ${this.classes} BY NAME
        SELECT (SELECT count(*) FROM ${this.classes})::INTEGER + row_number() OVER () AS class, *
        FROM (SELECT DISTINCT ${CLASS_COLUMNS} FROM staged WHERE whole AND ${filter}
          EXCEPT SELECT ${CLASS_COLUMNS} FROM ${this.classes})`,
    );
    await connection.run(
      `INSERT INTO ${this.lines} BY NAME
        SELECT ts, class, side, who, cfg_gen, tusable, tfinal
        FROM (SELECT *, hash(${CLASS_COLUMNS}) AS h FROM staged WHERE whole AND ${filter})
        JOIN (SELECT class, hash(${CLASS_COLUMNS}) AS h FROM ${this.classes}) USING (h)`,
    );
    const [bad] = await rows(connection, 'SELECT count(*)::DOUBLE AS n FROM staged WHERE NOT whole');
    await connection.run('DROP TABLE staged');
    return Number(bad?.['n'] ?? 0);
  }
}
