/**
 * Reduces request lines to a `TrafficCounts`.
 * Invariant: only `kind = 'user'` lines are traffic; probes, warm pings, priming and shadow replay prove that
 * telemetry is fresh and nothing else.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { TrafficCounts } from '../../domain/look-input.ts';
import type { TelemetryQuery } from '../../ports/index.ts';
import { factsOf, number, slicesOf, text } from '../line-classes.ts';
import { rows, type Row } from './database.ts';
import { instant, MARK } from './lines.ts';
import type { LineTables } from './tables.ts';

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
  const [flipped] = await rows(connection, flipsSql(tables, asked));
  return { ...factsOf(query, classes, number(flipped ?? {}, 'n')), slices: slicesOf(classes) };
}

function classesSql(tables: LineTables, range: string): string {
  return `SELECT c.*, n, freshest, lost FROM ${tables.classes} c JOIN
    (SELECT class, count(*)::DOUBLE AS n, epoch_ms(max(ts))::DOUBLE AS freshest, sum(lost)::DOUBLE AS lost
      FROM ${tables.lines} WHERE ${range} GROUP BY class) USING (class) ORDER BY color, region, route, class`;
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
