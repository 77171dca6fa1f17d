/** Parts of traffic in a statement: a pair of the dimension (0 the whole, 1 a region, 2 a route) and its name. */
import type { Part } from '../../domain/clusters/index.ts';
import { literal } from './database.ts';

const DIMENSIONS = ['whole', 'region', 'route'] as const;

/** Each row once for the whole, its region and its route, as `part`. */
export const EACH_PART = "arrayJoin([(0, ''), (1, region), (2, route)]) AS part";

/** The same, but only of those named. */
export function eachOf(parts: readonly (Part | null)[]): string {
  const named = parts.map(
    (part) => `(${DIMENSIONS.indexOf(part?.dimension ?? 'whole')}, ${literal(part?.name ?? '')})`,
  );
  return `arrayJoin(arrayFilter(one -> has([${named.join(', ')}], one), [(0, ''), (1, region), (2, route)])) AS part`;
}

export function partLiteral(part: Part | null): string {
  return `(${DIMENSIONS.indexOf(part?.dimension ?? 'whole')}, ${literal(part?.name ?? '')})`;
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
