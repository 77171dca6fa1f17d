/** Which lines are of the whole, of each region and of each route. */
import type { Columns, Names } from './line-columns.ts';
import { toldNames, type Part } from './parts.ts';
import type { Arms } from './sums.ts';

/** Lines of a part by arm, each by its number in the columns, in order of time. */
export interface PartLines {
  readonly part: Part | null;
  readonly lines: Arms<Int32Array>;
}

/** The whole, then each region and each route by name. Without `from`: the whole only. */
export function partLines(columns: Columns, hasFrom: boolean): PartLines[] {
  const whole = { part: null, lines: within(columns, hasFrom, null) };
  if (!hasFrom) return [whole];
  const parts = (dimension: Part['dimension'], column: Names): PartLines[] => {
    const told = toldNames(requestsOnTo(columns, column));
    return column.names
      .flatMap((name, number) =>
        told.has(name)
          ? [{ part: { dimension, name }, lines: within(columns, hasFrom, { of: column.of, number }) }]
          : [],
      )
      .toSorted((a, b) => (a.part.name < b.part.name ? -1 : 1));
  };
  return [whole, ...parts('region', columns.region), ...parts('route', columns.route)];
}

function requestsOnTo({ count, isTo }: Columns, { names, of }: Names): ReadonlyMap<string, number> {
  const counts = new Map(names.map((name) => [name, 0]));
  for (let i = 0; i < count; i += 1) {
    const name = names[of[i] ?? -1];
    if (name !== undefined && isTo[i] === 1) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function within(
  { count, isTo }: Columns,
  hasFrom: boolean,
  only: { readonly of: Int32Array; readonly number: number } | null,
): Arms<Int32Array> {
  const [to, from] = [new Int32Array(count), new Int32Array(count)];
  let [ofTo, ofFrom] = [0, 0];
  for (let i = 0; i < count; i += 1) {
    if (only !== null && only.of[i] !== only.number) continue;
    if (isTo[i] === 1) to[ofTo++] = i;
    else from[ofFrom++] = i;
  }
  return { to: to.slice(0, ofTo), from: hasFrom ? from.slice(0, ofFrom) : null };
}

export function mapArms<T, U>({ to, from }: Arms<T>, map: (one: T) => U): Arms<U> {
  return { to: map(to), from: from === null ? null : map(from) };
}

/** As `filter` of a typed array, and several times as quick. */
export function linesThat(lines: Int32Array, isAsked: (line: number) => boolean): Int32Array {
  const found = new Int32Array(lines.length);
  let count = 0;
  for (const line of lines) if (isAsked(line)) found[count++] = line;
  return found.subarray(0, count);
}
