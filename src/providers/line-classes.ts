/**
 * What telemetry counts of a window, from lines grouped by what they are: the few hundred kinds of line that a log has.
 * Invariant: only `kind = 'user'` lines are traffic; probes, warm pings, priming and shadow replay prove that telemetry is fresh and
 * nothing else.
 */
import { type Color, COLORS } from '../domain/color.ts';
import type { TrafficCounts, TrafficSlice } from '../domain/look-input.ts';

/**
 * One kind of line: `kind`, `color`, `region`, `route`, `error_class`, `identity`, `prefix`, `hit`, `write`, `ok`, `cold`, `in_doubt`,
 * `by_edge`, how many (`n`), when the newest was (`freshest`, epoch ms) and how many lines were lost before them (`lost`).
 */
export type LineClass = Readonly<Record<string, unknown>>;

type SliceDraft = Pick<TrafficSlice, 'color' | 'region' | 'route'> & {
  requests: number;
  readonly errors: Record<string, number>;
  readonly identities: Record<string, number>;
  warm: number;
  cold: number;
  readonly writes: { accepted: number; frozen: number; late: number };
};

/** Values of a column that are told apart; all others are {@link OTHER}. A log may name a route for each document it has. */
const MOST = { region: 50, route: 100, error_class: 100, identity: 100 } as const;
const OTHER = 'other';

/** Of the users' lines that a color had a part in. */
export function slicesOf(classes: readonly LineClass[]): TrafficSlice[] {
  const ofUsers = classes.filter((row) => row['kind'] === 'user' && row['by_edge'] !== true);
  const folds = Object.entries(MOST).map(([column, most]) => foldOf(ofUsers, column, most));
  const slices = new Map<string, SliceDraft>();
  for (const row of ofUsers) {
    const folded = folds.reduce((now, fold) => fold(now), row);
    tally(sliceOf(slices, folded), folded);
  }
  return [...slices.values()];
}

/** Keeps the busiest values of a column. */
function foldOf(classes: readonly LineClass[], column: string, most: number): (row: LineClass) => LineClass {
  const counts = new Map<unknown, number>();
  for (const row of classes) {
    if (typeof row[column] === 'string')
      counts.set(row[column], (counts.get(row[column]) ?? 0) + number(row, 'n'));
  }
  if (counts.size <= most) return (row) => row;
  const busiest = [...counts].toSorted(([a, m], [b, n]) => n - m || (String(a) < String(b) ? -1 : 1));
  const kept = new Set(busiest.slice(0, most).map(([value]) => value));
  return (row) =>
    typeof row[column] !== 'string' || kept.has(row[column]) ? row : { ...row, [column]: OTHER };
}

/** All but the slices. */
export function factsOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  classes: readonly LineClass[],
  flipBacks: number,
): Omit<TrafficCounts, 'slices'> {
  const inDoubt = doubtOf(classes.filter((row) => row['kind'] === 'user'));
  const lost = classes.reduce((sum, row) => sum + number(row, 'lost'), 0);
  return {
    fromMs,
    toMs,
    freshestMs: classes.reduce<number | null>(
      (newest, row) => Math.max(newest ?? -Infinity, number(row, 'freshest')),
      null,
    ),
    flipBacks,
    foreignCacheLookups: foreignLookups(classes),
    ...(inDoubt.requests === 0 ? {} : { inDoubt }),
    ...(lost === 0 ? {} : { lost }),
  };
}

/** What a region served while it could not confirm its config. */
function doubtOf(byUsers: readonly LineClass[]): NonNullable<TrafficCounts['inDoubt']> {
  const rowsInDoubt = byUsers.filter((row) => row['in_doubt'] === true);
  return {
    requests: rowsInDoubt.reduce((sum, row) => sum + number(row, 'n'), 0),
    regions: Array.from(new Set(rowsInDoubt.map((row) => text(row, 'region')))).toSorted(),
  };
}

function tally(slice: SliceDraft, row: LineClass): void {
  const n = number(row, 'n');
  const { error_class: error, identity, write } = row;
  slice.requests += n;
  if (typeof error === 'string') slice.errors[error] = (slice.errors[error] ?? 0) + n;
  if (typeof identity === 'string') slice.identities[identity] = (slice.identities[identity] ?? 0) + n;
  if (row['ok'] === true) slice[row['cold'] === true ? 'cold' : 'warm'] += n;
  if (write === 'accepted' || write === 'frozen' || write === 'late') slice.writes[write] += n;
}

/**
 * Lookups of users in the other color's namespace, whatever they found: a miss writes there next. A prefix belongs to the color whose name it carries as a word
 * (`docs:green:3`), else to the color that uses it most.
 */
function foreignLookups(classes: readonly LineClass[]): number {
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

function sliceOf(slices: Map<string, SliceDraft>, row: LineClass): SliceDraft {
  const key = sliceKey(row);
  const slice = slices.get(key) ?? {
    color: row['color'] as Color,
    region: text(row, 'region'),
    route: text(row, 'route'),
    requests: 0,
    errors: {},
    identities: {},
    warm: 0,
    cold: 0,
    writes: { accepted: 0, frozen: 0, late: 0 },
  };
  slices.set(key, slice);
  return slice;
}

function sliceKey(row: LineClass): string {
  return JSON.stringify([row['color'], row['region'], row['route']]);
}

export function text(row: LineClass, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

export function number(row: LineClass, column: string): number {
  return Number(row[column] ?? 0);
}
