/**
 * Reduces request lines to a `TrafficCounts`.
 * Invariant: only `kind = 'user'` lines are traffic; probes, warm pings, priming and shadow replay prove that
 * telemetry is fresh and nothing else.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { TrafficCounts } from '../../domain/look-input.ts';
import type { TelemetryQuery } from '../../ports/index.ts';
import { factsOf, number, ofUsers, sliceKey, slicesOf, text, type LineClass } from '../line-classes.ts';
import { rows, type Row } from './database.ts';
import { Latencies, type TimedClass } from './latencies.ts';
import { instant, MARK } from './lines.ts';
import type { LineTables } from './tables.ts';
import { MAX_LATENCIES, TimedColumns } from './timed.ts';

export async function trafficWindow(
  connection: DuckDBConnection,
  tables: LineTables,
  query: TelemetryQuery,
): Promise<TrafficCounts> {
  const range = `ts >= ${instant(query.fromMs)} AND ts < ${instant(query.toMs)}`;
  const all = await rows(connection, classesSql(tables, range));
  const classes = all.filter(
    (row) =>
      row['service'] === query.service &&
      (query.regions.length === 0 || query.regions.includes(text(row, 'region'))),
  );
  // Usually every line is asked for; a list of hundreds of classes would only slow the scan.
  const asked = classes.length === all.length ? range : `${range} AND class IN (${idsOf(classes)})`;
  const slices = slicesOf(classes);
  const timed = timedClasses(ofUsers(classes));
  const flips = await connection.prepare(flipsSql(tables, asked));
  // DuckDB counts on threads of its own while this one sorts latencies.
  const [flipped, latest] = await Promise.all([flips.runAndReadAll(), latestOf(tables, query, timed)]);
  const latencies = latest ?? (await allOf(connection, tables, asked, timed));
  return {
    ...factsOf(query, classes, number(flipped.getRowObjects()[0] ?? {}, 'n')),
    slices: [...slices].map(([key, slice]) => ({ ...slice, ...latencies.of(key) })),
  };
}

function classesSql(tables: LineTables, range: string): string {
  return `SELECT c.*, n, freshest FROM ${tables.classes} c JOIN
    (SELECT class, count(*)::DOUBLE AS n, epoch_ms(max(ts))::DOUBLE AS freshest
      FROM ${tables.lines} WHERE ${range} GROUP BY class) USING (class) ORDER BY color, region, route, class`;
}

/** Classes whose latencies count. */
function timedClasses(classes: readonly LineClass[]): readonly TimedClass[] {
  return classes
    .filter((row) => row['ok'] === true)
    .map((row) => ({
      lineClass: number(row, 'class'),
      slice: sliceKey(row),
      cold: row['cold'] === true,
      lines: number(row, 'n'),
    }));
}

/** Null when the newest lines are not all lines of the window. */
async function latestOf(
  { latest }: LineTables,
  query: TelemetryQuery,
  timed: readonly TimedClass[],
): Promise<Latencies | null> {
  const lines = linesOf(timed);
  if (latest === null || lines > MAX_LATENCIES) return null;
  const latencies = new Latencies(timed);
  latest.forEach(query.fromMs, query.toMs, latencies.take);
  return latencies.taken === lines ? latencies : null;
}

async function allOf(
  connection: DuckDBConnection,
  tables: LineTables,
  asked: string,
  timed: readonly TimedClass[],
): Promise<Latencies> {
  const these = `${tables.lines} WHERE ${asked} AND marks >= ${MARK.timed}`;
  const newest =
    linesOf(timed) <= MAX_LATENCIES
      ? ''
      : ` AND ts > (SELECT ts FROM ${these} ORDER BY ts DESC LIMIT 1 OFFSET ${MAX_LATENCIES})`;
  const latencies = new Latencies(timed);
  (await TimedColumns.read(connection, `${these}${newest}`)).forEach(latencies.take);
  return latencies;
}

function linesOf(timed: readonly TimedClass[]): number {
  return timed.reduce((sum, one) => sum + one.lines, 0);
}

/**
 * Users seen on both colors within one generation: the color of a user is a pure function of the config, so such a
 * user went back and forth while the weight stood still.
 */
function flipsSql(tables: LineTables, asked: string): string {
  const both = (bits: number): string => `sides & ${bits} = ${bits}`;
  return `SELECT count(DISTINCT who)::DOUBLE AS n FROM
    (SELECT who, bit_or(marks) AS sides FROM ${tables.lines}
      WHERE ${asked} AND marks & ${MARK.byHash | MARK.byCohort} > 0 GROUP BY who, cfg_gen)
    WHERE ${both(MARK.byHash)} OR ${both(MARK.byCohort)}`;
}

function idsOf(classes: readonly Row[]): string {
  return classes.length === 0 ? 'NULL' : classes.map((row) => String(row['class'])).join(', ');
}
