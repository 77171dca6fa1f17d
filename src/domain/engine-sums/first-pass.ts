/** Puts what an engine counted in the first pass together: the whole, each region and each route by name. */
import {
  allBlocks,
  histogramOfCounts,
  STRATA,
  toldNames,
  type Arms,
  type Grid,
  type Histogram,
  type Part,
  type PartHistograms,
  type Strata,
} from '../clusters/index.ts';
import { zeros, type Rows } from './counted.ts';

/** Texts by number, in order: lines of one instant are told apart by it. */
export interface PartNames {
  readonly region: readonly string[];
  readonly route: readonly string[];
}

export interface CountedHistograms {
  /** Rows: side, region, route, lines, those of them that are lookups of a route with a reference lifetime. */
  readonly requests: Rows;
  /** By {@link placeKey} and block. */
  readonly final: ReadonlyMap<string, Histogram>;
  readonly usable: ReadonlyMap<string, Histogram>;
  /** Rows: side, region, route, stratum, lookups, hits; −1 says of which a row is not. Null where `from` tells no lifetime. */
  readonly strata: Rows | null;
}

/** Key of a region or a route by number, −1 for all. */
export function placeKey(region: number, route: number): string {
  return `${region}/${route}`;
}

export function blockKey(side: number, place: string, block: number): string {
  return `${side}/${place}/${block}`;
}

export function assembleFirst(
  { requests, final, usable, strata }: CountedHistograms,
  names: PartNames,
  grid: Pick<Grid, 'ticks' | 'blockTicks'>,
  hasFrom: boolean,
): PartHistograms[] {
  const blocks = allBlocks({ tickMs: 0, ...grid });
  const empty = histogramOfCounts([]);
  const looked = strata === null ? new Set<string>() : placesOf(requests);
  return partsOf(names, requests, hasFrom).map(({ part, region, route }): PartHistograms => {
    const place = placeKey(region, route);
    const arms = <T>(of: (side: number) => T): Arms<T> => ({ to: of(1), from: hasFrom ? of(0) : null });
    const byBlock =
      (found: ReadonlyMap<string, Histogram>) =>
      (side: number): Histogram[] =>
        Array.from({ length: blocks }, (_, block) => found.get(blockKey(side, place, block)) ?? empty);
    return {
      part,
      requests: arms((side) => sum(requests, side, region, route)),
      final: arms(byBlock(final)),
      usable: arms(byBlock(usable)),
      strata: looked.has(place) ? arms((side) => strataOf(strata ?? [], side, place)) : null,
    };
  });
}

/** Where a line tells a lookup of a route with a reference lifetime. */
function placesOf(requests: Rows): ReadonlySet<string> {
  return new Set(
    requests
      .filter(([, , , , lookups = 0]) => lookups > 0)
      .flatMap(([, region = -1, route = -1]) => [
        placeKey(-1, -1),
        placeKey(region, -1),
        placeKey(-1, route),
      ]),
  );
}

function strataOf(counts: Rows, side: number, place: string): Strata {
  const strata = { trials: zeros(STRATA), hits: zeros(STRATA) };
  for (const [ofSide, region = -1, route = -1, at = 0, trials = 0, hits = 0] of counts) {
    if (ofSide !== side || placeKey(region, route) !== place) continue;
    strata.trials[at] = trials;
    strata.hits[at] = hits;
  }
  return strata;
}

/** The whole, then by name each region and each route that is told apart. */
export function partsOf(
  names: PartNames,
  requests: Rows,
  hasFrom: boolean,
): readonly { readonly part: Part | null; readonly region: number; readonly route: number }[] {
  const whole = { part: null, region: -1, route: -1 };
  if (!hasFrom) return [whole];
  const regions = toldOf(names.region, requests, 1);
  const routes = toldOf(names.route, requests, 2);
  return [
    whole,
    ...names.region.flatMap((name, region) =>
      regions.has(name) ? [{ part: { dimension: 'region' as const, name }, region, route: -1 }] : [],
    ),
    ...names.route.flatMap((name, route) =>
      routes.has(name) ? [{ part: { dimension: 'route' as const, name }, region: -1, route }] : [],
    ),
  ];
}

/** @param column of the rows, with the number of a name */
function toldOf(names: readonly string[], requests: Rows, column: 1 | 2): ReadonlySet<string> {
  const onTo = new Map<string, number>();
  for (const row of requests) {
    const [side, , , n = 0] = row;
    const name = names[row[column] ?? -1];
    if (name !== undefined) onTo.set(name, (onTo.get(name) ?? 0) + (side === 1 ? n : 0));
  }
  return toldNames(onTo);
}

function sum(requests: Rows, side: number, region: number, route: number): number {
  return requests.reduce(
    (total, [ofSide, ofRegion, ofRoute, n = 0]) =>
      ofSide === side && (region < 0 || region === ofRegion) && (route < 0 || route === ofRoute)
        ? total + n
        : total,
    0,
  );
}
