/**
 * The lines that sums count, as one relation: `counted`, with region, route and server class as numbers.
 * Invariant: the numbers of regions and routes are in order of their names, because lines of one instant are told apart by them.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { isServerError, type ServerErrors } from '../../../domain/clusters/index.ts';
import type { Color } from '../../../domain/color.ts';
import { literal, rows } from '../database.ts';
import { BIN_SHIFT, instant } from '../lines.ts';
import type { PartNames } from '../../../domain/engine-sums/index.ts';
import type { LineTables } from '../tables.ts';
import { text } from '../../line-classes.ts';

/** Which lines, and the ticks they are of. */
export interface Frame {
  readonly service: string;
  /** Empty means all. */
  readonly regions: readonly string[];
  readonly to: Color;
  readonly from: Color | null;
  readonly startMs: number;
  readonly tickMs: number;
  readonly ticks: number;
  readonly serverErrors: ServerErrors;
}

/** Names by number. */
export interface Names extends PartNames {
  readonly failure: readonly string[];
}

/** `side` is 1 for `to`, 0 for `from`; `parts` the judged parts as bits, and `did` those again, 32 bits up, of a warm success; 0 until they are known. */
export async function createCounted(
  connection: DuckDBConnection,
  tables: LineTables,
  frame: Frame,
): Promise<Names> {
  const { service, regions, to, from, startMs, tickMs, ticks, serverErrors } = frame;
  const classes = (
    await rows(
      connection,
      `SELECT class, color, region, route, error_class, ok, cold, hit FROM ${tables.classes}
        WHERE kind = 'user' AND NOT by_edge AND service = ${literal(service)}`,
    )
  ).filter(
    (row) =>
      (row['color'] === to || row['color'] === from) &&
      (regions.length === 0 || regions.includes(text(row, 'region'))),
  );
  const failures = classes
    .map((row) => text(row, 'error_class'))
    .filter((name) => name !== '' && isServerError(name, serverErrors));
  const names: Names = {
    region: distinct(classes.map((row) => text(row, 'region'))),
    route: distinct(classes.map((row) => text(row, 'route'))),
    failure: distinct(failures),
  };
  const numbers = {
    region: numbersOf(names.region),
    route: numbersOf(names.route),
    failure: numbersOf(names.failure),
  };
  await connection.run(`CREATE OR REPLACE TEMP TABLE kinds (class INTEGER, side UTINYINT, region INTEGER,
    route INTEGER, failure INTEGER, warm BOOLEAN, hit BOOLEAN,
    parts UBIGINT DEFAULT 0, did UBIGINT DEFAULT 0)`);
  if (classes.length > 0) {
    const values = classes.map((row) => {
      const hit = typeof row['hit'] === 'boolean' ? String(row['hit']) : 'NULL';
      const error = text(row, 'error_class');
      const warm = row['ok'] === true && row['cold'] !== true;
      const of = [
        numbers.region.get(text(row, 'region')),
        numbers.route.get(text(row, 'route')),
        numbers.failure.get(error) ?? -1,
      ];
      return `(${String(row['class'])}, ${row['color'] === to ? 1 : 0}, ${of.join(', ')}, ${warm}, ${hit})`;
    });
    await connection.run(
      `INSERT INTO kinds (class, side, region, route, failure, warm, hit) VALUES ${values.join(', ')}`,
    );
  }
  const tick = `floor((epoch_ms(ts) - ${double(startMs)}) / ${double(tickMs)})::INTEGER`;
  // The bounds by `ts` let the engine skip what is older; those by tick decide.
  await connection.run(`CREATE OR REPLACE TEMP VIEW counted AS SELECT * FROM (
    SELECT side, region, route, failure, warm, hit, who, (who >> ${BIN_SHIFT})::SMALLINT AS bin,
      instance_bin AS instance, tfinal, tusable, final_bucket, usable_bucket, lookup, ttl_s,
      ts, epoch_ms(ts) AS ms, ${tick} AS tick, parts, did
    FROM ${tables.lines} JOIN kinds USING (class)
    WHERE ts >= ${instant(startMs)} AND ts <= ${instant(Math.ceil(startMs + ticks * tickMs))}
  ) WHERE tick BETWEEN 0 AND ${ticks - 1}`);
  return names;
}

/**
 * Two tables: `again`, every line of users who failed twice within `sameFailureMs`, and `failed`, every failure; `repeats` marks those
 * that do not count.
 */
export async function createFailed(connection: DuckDBConnection, sameFailureMs: number): Promise<void> {
  const columns = 'side, region, route, failure, who, bin, tick, ms, instance';
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE failures AS SELECT ${columns} FROM counted WHERE failure >= 0`,
  );
  await connection.run(`CREATE OR REPLACE TEMP TABLE again AS SELECT ${columns},
      failure >= 0 AND coalesce(lag(failure) OVER before >= 0 AND ms - lag(ms) OVER before < ${double(sameFailureMs)}, false)
        AS repeats
    FROM counted SEMI JOIN (SELECT side, who
        FROM (SELECT side, who, ms - lag(ms) OVER (PARTITION BY side, who ORDER BY ms) AS since FROM failures)
        WHERE since < ${double(sameFailureMs)}) USING (side, who)
    WINDOW before AS (PARTITION BY side, who ORDER BY ms, failure >= 0, region, route, instance)`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE failed AS
    SELECT ${columns}, false AS repeats FROM failures ANTI JOIN again USING (side, who)
    UNION ALL SELECT ${columns}, repeats FROM again WHERE failure >= 0`);
  await connection.run('DROP TABLE failures');
}

/** A number as it is: its text is the shortest that reads back as the same bits. */
export function double(value: number): string {
  return `'${value}'::DOUBLE`;
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1));
}

function numbersOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, number) => [name, number]));
}
