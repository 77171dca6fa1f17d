/**
 * What engines that count in SQL have in common: the kinds of event they look for, and how their numbers become the sums of a look.
 * Invariant: an engine only counts rows of whole numbers; which of them mean what is said here once.
 */
import type { PartHistograms, PartLimits, SumsTerms, TrafficSums } from '../clusters/index.ts';
import { Assembly } from './assemble.ts';
import type { Counted } from './counted.ts';
import type { PartNames } from './first-pass.ts';
import { bitsOf, DIMENSIONS, type Bits, type Judged } from './kinds.ts';

export * from './counted.ts';
export {
  assembleFirst,
  blockKey,
  partsOf,
  placeKey,
  type CountedHistograms,
  type PartNames,
} from './first-pass.ts';
export { kindsOf, leastMs, productsOf, thresholds, type Bits, type Judged } from './kinds.ts';

/** What the second pass counts. */
export interface Asked {
  /** One arm of one of them is `2 * place + side`. */
  readonly judged: readonly Judged[];
  readonly terms: SumsTerms;
  readonly bits: Bits;
  /** Whether lookups of a part have weights. */
  readonly hasLookups: boolean;
}

/** @param count the second pass of an engine, with the classes that are new */
export async function sumsOf(
  terms: SumsTerms,
  { seen, names }: { readonly seen: readonly PartHistograms[]; readonly names: PartNames },
  limits: (seen: readonly PartHistograms[]) => readonly PartLimits[],
  count: (asked: Asked) => Promise<Counted & { readonly classes: TrafficSums['novelty']['classes'] }>,
): Promise<TrafficSums> {
  const judged = limits(seen).map((limit): Judged & { seen: PartHistograms } => judgedOf(limit, names, seen));
  const bits = bitsOf(judged.map(({ limit }) => limit));
  // Users at risk are the whole's, whatever is judged.
  const all = [...judged, WHOLE];
  const place = all.findIndex(({ dimension }) => dimension === 0);
  const asked: Asked = {
    judged: place === judged.length ? all : judged,
    terms,
    bits,
    hasLookups: judged.some(({ limit }) => limit.weights !== null),
  };
  if (asked.judged.length > MOST_PARTS)
    throw new RangeError(`${asked.judged.length} parts are no bits of a number`);
  const { classes, ...counted } = await count(asked);
  const assembly = new Assembly(terms, bits, counted);
  return {
    terms,
    parts: judged.map((one, at) => assembly.part(one, at, one.seen)),
    novelty: {
      classes,
      users: {
        to: assembly.atRisk(2 * place + 1),
        from: terms.from === null ? null : assembly.atRisk(2 * place),
      },
    },
  };
}

/** Engines keep the parts of a user as bits of 32. */
const MOST_PARTS = 32;

const WHOLE: Judged = {
  dimension: 0,
  number: 0,
  limit: { part: null, final: null, usable: null, weights: null },
};

function judgedOf(
  limit: PartLimits,
  names: PartNames,
  seen: readonly PartHistograms[],
): Judged & { readonly seen: PartHistograms } {
  const { part } = limit;
  const own = seen.find((one) => one.part?.dimension === part?.dimension && one.part?.name === part?.name);
  if (own === undefined) {
    throw new RangeError(`limits of ${part?.dimension ?? ''} ${part?.name ?? ''}: no such line`);
  }
  if (part === null) return { dimension: 0, number: 0, limit, seen: own };
  const number = names[part.dimension].indexOf(part.name);
  return { dimension: DIMENSIONS[part.dimension], number, limit, seen: own };
}
