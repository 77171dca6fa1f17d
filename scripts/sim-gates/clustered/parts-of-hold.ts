/** The whole of a simulated hold, and where they are judged its regions and routes. */
import { WHOLE_SHARE } from '../../../src/domain/gates/breakdown.ts';
import { Counts, Glance, type Limits } from './glance.ts';
import type { Lines } from './lines.ts';
import { PartLines } from './part.ts';
import type { World } from './world.ts';

export interface Part {
  readonly to: PartLines;
  readonly from: PartLines;
}

export interface Sides {
  readonly to: Lines;
  readonly from: Lines;
}

export interface PartOfHold {
  /** Of the FAIL level. */
  readonly share: number;
  readonly belongs: { readonly region: number } | { readonly route: number } | null;
  /** Sorted only where a look asks for them. */
  readonly lines: () => Part;
}

const REGIONS = [0, 1, 2, 3];
const ROUTES = [0, 1, 2, 3, 4, 5];

export function partsOf({ family, users, holdS }: World, drawn: Sides, tickS: number): PartOfHold[] {
  const cut = { tickS, ticks: Math.round(holdS / tickS), namesInstances: family.instances !== undefined };
  const of = (share: number, belongs: PartOfHold['belongs']): PartOfHold => {
    const isIn =
      belongs === null
        ? null
        : (lines: Lines) => (line: number) =>
            'region' in belongs
              ? users.region[lines.user[line] ?? 0] === belongs.region
              : lines.route[line] === belongs.route;
    const lines = once(() => ({
      to: new PartLines(drawn.to, users, cut, isIn?.(drawn.to) ?? null),
      from: new PartLines(drawn.from, users, cut, isIn?.(drawn.from) ?? null),
    }));
    return { share, belongs, lines };
  };
  if (family.parts !== true) return [of(1, null)];
  const inner = [...REGIONS.map((region) => ({ region })), ...ROUTES.map((route) => ({ route }))];
  return [of(WHOLE_SHARE, null), ...inner.map((part) => of((1 - WHOLE_SHARE) / inner.length, part))];
}

/** @param lookS between two looks */
export function glancesOf(
  { family, users, holdS }: World,
  drawn: Sides,
  parts: readonly PartOfHold[],
  lookS: number,
  limits: Limits,
): Glance[] {
  const isTimed = family.gate === 'latency';
  const count = (lines: Lines): Counts[] => {
    const counts = parts.map(() => new Counts(holdS / lookS, lookS, isTimed));
    const [whole] = counts;
    const inner = parts.length > 1 ? counts : null;
    for (let line = 0; line < lines.count; line += 1) {
      whole?.add(lines, line);
      if (inner === null) continue;
      inner[1 + (users.region[lines.user[line] ?? 0] ?? 0)]?.add(lines, line);
      inner[1 + REGIONS.length + (lines.route[line] ?? 0)]?.add(lines, line);
    }
    return counts.map((one) => one.settle());
  };
  const [to, from] = [count(drawn.to), count(drawn.from)];
  return parts.flatMap((_, i) => {
    const [one, other] = [to[i], from[i]];
    return one === undefined || other === undefined ? [] : [new Glance(one, other, isTimed, limits)];
  });
}

export function once<T>(make: () => T): () => T {
  let made: { readonly it: T } | null = null;
  return () => (made ??= { it: make() }).it;
}
