/** Parts of traffic in a statement. */
import type { Part } from '../../domain/clusters/index.ts';
import { literal } from './database.ts';

const DIMENSIONS = ['whole', 'region', 'route'] as const;

/** Each row once for the whole, its region and its route, as `part`: the dimension (0 the whole) and its name. */
export const EACH_PART = "arrayJoin([(0, ''), (1, region), (2, route)]) AS part";

/** Each row once for every part of a list that it is of, as `part`: its place in the list. Nothing is at a place that is left out. */
export function placesIn(parts: readonly (Part | null | undefined)[]): string {
  const named = (dimension: Part['dimension']): string[] => {
    const ours = parts.flatMap((part, at) =>
      part?.dimension === dimension ? [{ name: part.name, at }] : [],
    );
    if (ours.length === 0) return [];
    const [names, places] = [ours.map(({ name }) => literal(name)), ours.map(({ at }) => at)];
    return [
      `transform(${dimension}, [${names.join(', ')}], [${places.join(', ')}]::Array(Int16), toInt16(-1))`,
    ];
  };
  const whole = parts.indexOf(null);
  const all = [...(whole < 0 ? [] : [`toInt16(${whole})`]), ...named('region'), ...named('route')];
  return `arrayJoin(arrayFilter(at -> at >= 0, [${all.join(', ')}])) AS part`;
}

/** The key by which rows of an answer are found again. */
export function keyOf(part: Part | null): string {
  return keyOfPair(DIMENSIONS.indexOf(part?.dimension ?? 'whole'), part?.name ?? '');
}

export function keyOfPair(dimension: unknown, name: unknown): string {
  return `${String(dimension)}/${String(name)}`;
}

export function partOf(dimension: unknown, name: unknown): Part | null {
  const found = DIMENSIONS[Number(dimension)];
  return found === undefined || found === 'whole' ? null : { dimension: found, name: String(name) };
}
