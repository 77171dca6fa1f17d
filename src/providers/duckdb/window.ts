/**
 * Reduces request lines to a `TrafficCounts`.
 * Invariant: only `kind = 'user'` lines are traffic; probes, warm pings, priming and shadow replay prove that
 * telemetry is fresh and nothing else.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Color, COLORS } from '../../domain/color.ts';
import type { TrafficSlice, TrafficCounts } from '../../domain/look-input.ts';
import type { TelemetryQuery } from '../../ports/index.ts';
import { rows, type Row } from './database.ts';
import { Latencies, type TimedClass } from './latencies.ts';
import { instant, MARK } from './lines.ts';
import type { LineTables } from './tables.ts';
import { MAX_LATENCIES, TimedColumns } from './timed.ts';

type SliceDraft = Pick<TrafficSlice, 'color' | 'region' | 'route'> & {
  requests: number;
  readonly errors: Record<string, number>;
  readonly identities: Record<string, number>;
  readonly cache: { lookups: number; hits: number };
  readonly writes: { accepted: number; frozen: number; late: number };
};

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
  const byUsers = classes.filter((row) => row['kind'] === 'user');
  const ofUsers = byUsers.filter((row) => row['by_edge'] !== true);
  const inDoubt = doubtOf(byUsers);
  const slices = new Map<string, SliceDraft>();
  for (const row of ofUsers) tally(sliceOf(slices, row), row);
  const timed = timedClasses(ofUsers);
  const flips = await connection.prepare(flipsSql(tables, asked));
  // DuckDB counts on threads of its own while this one sorts latencies.
  const [flipped, latest] = await Promise.all([flips.runAndReadAll(), latestOf(tables, query, timed)]);
  const latencies = latest ?? (await allOf(connection, tables, asked, timed));
  return {
    fromMs: query.fromMs,
    toMs: query.toMs,
    freshestMs: classes.length === 0 ? null : Math.max(...classes.map((row) => number(row, 'freshest'))),
    slices: [...slices].map(([key, slice]) => ({ ...slice, ...latencies.of(key) })),
    flipBacks: number(flipped.getRowObjects()[0] ?? {}, 'n'),
    foreignCacheLookups: foreignLookups(classes),
    ...(inDoubt.requests === 0 ? {} : { inDoubt }),
  };
}

/** What a region served while it could not confirm its config. */
function doubtOf(byUsers: readonly Row[]): NonNullable<TrafficCounts['inDoubt']> {
  const rowsInDoubt = byUsers.filter((row) => row['in_doubt'] === true);
  return {
    requests: rowsInDoubt.reduce((sum, row) => sum + number(row, 'n'), 0),
    regions: Array.from(new Set(rowsInDoubt.map((row) => text(row, 'region')))).toSorted(),
  };
}

function classesSql(tables: LineTables, range: string): string {
  return `SELECT c.*, n, freshest FROM ${tables.classes} c JOIN
    (SELECT class, count(*)::DOUBLE AS n, epoch_ms(max(ts))::DOUBLE AS freshest
      FROM ${tables.lines} WHERE ${range} GROUP BY class) USING (class) ORDER BY color, region, route, class`;
}

/** Classes whose latencies count. */
function timedClasses(ofUsers: readonly Row[]): readonly TimedClass[] {
  return ofUsers
    .filter((row) => row['ok'] === true)
    .map((row) => ({
      lineClass: number(row, 'class'),
      slice: keyOf(row),
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

function tally(slice: SliceDraft, row: Row): void {
  const n = number(row, 'n');
  const { error_class: error, identity, write } = row;
  slice.requests += n;
  if (typeof error === 'string') slice.errors[error] = (slice.errors[error] ?? 0) + n;
  if (typeof identity === 'string') slice.identities[identity] = (slice.identities[identity] ?? 0) + n;
  if (row['repeat'] === true && typeof row['hit'] === 'boolean') {
    slice.cache.lookups += n;
    if (row['hit']) slice.cache.hits += n;
  }
  if (write === 'accepted' || write === 'frozen' || write === 'late') slice.writes[write] += n;
}

/**
 * Lookups of users in the other color's namespace, whatever they found: a miss writes there next. A prefix belongs to the color whose name it carries as a word
 * (`docs:green:3`), else to the color that uses it most.
 */
function foreignLookups(classes: readonly Row[]): number {
  const uses = new Map<string, Record<Color, number>>();
  for (const row of classes) {
    if (typeof row['prefix'] !== 'string') continue;
    const use = uses.get(row['prefix']) ?? { blue: 0, green: 0 };
    use[row['color'] as Color] += number(row, 'n');
    uses.set(row['prefix'], use);
  }
  const ownerOf = (prefix: string): Color => {
    const named = COLORS.filter((color) => new RegExp(`(^|[^a-z])${color}([^a-z]|$)`).test(prefix));
    const use = uses.get(prefix);
    const most = use !== undefined && use.green > use.blue ? 'green' : 'blue';
    return named.length === 1 ? (named[0] ?? most) : most;
  };
  return classes
    .filter(
      (row) => row['kind'] === 'user' && typeof row['hit'] === 'boolean' && typeof row['prefix'] === 'string',
    )
    .filter((row) => ownerOf(text(row, 'prefix')) !== row['color'])
    .reduce((sum, row) => sum + number(row, 'n'), 0);
}

function sliceOf(slices: Map<string, SliceDraft>, row: Row): SliceDraft {
  const key = keyOf(row);
  const slice = slices.get(key) ?? {
    color: row['color'] as Color,
    region: text(row, 'region'),
    route: text(row, 'route'),
    requests: 0,
    errors: {},
    identities: {},
    cache: { lookups: 0, hits: 0 },
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
  slices.set(key, slice);
  return slice;
}

function keyOf(row: Row): string {
  return JSON.stringify([row['color'], row['region'], row['route']]);
}

export function text(row: Row, column: string): string {
  return String(row[column] ?? '');
}

export function number(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}
