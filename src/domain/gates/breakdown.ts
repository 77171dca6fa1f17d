/**
 * Per region and per route: a gate on users' traffic is asked again of each part, so that a region that broke cannot
 * hide behind those that did not.
 * Invariant: all parts together may spend as much of the FAIL level as the whole does (half each), and a part that is too
 * small to judge says nothing: only the whole may pass, any part may fail it.
 */
import { UNDERPOWERED } from '../gate-record.ts';
import type { LookInput, TrafficSlice, TrafficWindow } from '../look-input.ts';
import type { Ruling } from './ruling.ts';

/** A rule that can be asked at a share of its FAIL level. */
export type SharedRule = (input: LookInput, share: number) => Ruling;

const DIMENSIONS = ['region', 'route'] as const;

interface Part {
  readonly dimension: (typeof DIMENSIONS)[number];
  readonly name: string;
  readonly belongs: (slice: TrafficSlice) => boolean;
}

/** What the whole keeps of the FAIL level when there are parts. */
const WHOLE_SHARE = 0.5;
/** Parts judged at most; with more, the busiest. */
const MAX_PARTS = 24;

export function brokenDown(rule: SharedRule): (input: LookInput) => Ruling {
  return (input) => {
    const parts = partsOf(input);
    if (parts.length === 0) return rule(input, 1);
    const whole = rule(input, WHOLE_SHARE);
    if (whole.verdict === 'error') return whole;
    const ruled = parts.map((part): Ruled => ({
      part,
      ruling: rule(only(input, part), (1 - WHOLE_SHARE) / parts.length),
    }));
    const culprit = culpritOf(ruled, whole);
    if (culprit !== undefined) return ofPart(whole, culprit);
    if (whole.verdict !== 'pass') return whole;
    const objecting = ruled.find(({ ruling }) => objects(ruling));
    return objecting === undefined ? whole : ofPart(whole, objecting);
  };
}

interface Ruled {
  readonly part: Part;
  readonly ruling: Ruling;
}

/** The part to name: the one region or route that fails; any that does when the whole does not fail. */
function culpritOf(ruled: readonly Ruled[], whole: Ruling): Ruled | undefined {
  const failing = ruled.filter(({ ruling }) => ruling.verdict === 'fail');
  for (const dimension of DIMENSIONS) {
    const own = failing.filter(({ part }) => part.dimension === dimension);
    if (own.length === 1 && own.length < ruled.filter(({ part }) => part.dimension === dimension).length)
      return own[0];
  }
  return whole.verdict === 'fail' ? undefined : failing[0];
}

/** Regions, then routes; a dimension with a single value is the whole again. */
function partsOf(input: LookInput): Part[] {
  const slices = (input.traffic?.slices ?? []).filter((slice) => slice.color === input.to);
  return DIMENSIONS.flatMap((dimension) => {
    const requests = new Map<string, number>();
    for (const slice of slices) {
      requests.set(slice[dimension], (requests.get(slice[dimension]) ?? 0) + slice.requests);
    }
    if (requests.size < 2) return [];
    return [...requests]
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, MAX_PARTS / DIMENSIONS.length)
      .map(([value]): Part => ({
        dimension,
        name: `${dimension} ${value}`,
        belongs: (slice) => slice[dimension] === value,
      }));
  });
}

function only(input: LookInput, { belongs }: Part): LookInput {
  const within = (window: TrafficWindow | null): TrafficWindow | null =>
    window === null ? null : { ...window, slices: window.slices.filter(belongs) };
  const { baseline } = input;
  return {
    ...input,
    // Probes come in through one region, and what the edge counts is not told apart by slice.
    probes: null,
    traffic: within(input.traffic),
    baseline: baseline === null ? null : { ...baseline, probes: null, traffic: within(baseline.traffic) },
  };
}

/** Data that speak against a part are an objection; too few of them, or none to compare with, are not. */
function objects({ verdict, reasonCodes }: Ruling): boolean {
  return verdict === 'inconclusive' && reasonCodes[0] !== UNDERPOWERED && !SILENCE.has(reasonCodes[0] ?? '');
}

const SILENCE: ReadonlySet<string> = new Set(['no_data', 'stale', 'one_sided']);

/** The part's ruling stands for the gate; the whole stays readable beside it. */
function ofPart(whole: Ruling, { part: { dimension, name }, ruling }: Ruled): Ruling {
  const [first, ...rest] = ruling.series ?? [seriesOf(name, ruling)];
  const own = first === undefined ? [] : [{ ...first, name: `${name}: ${first.name}` }, ...rest];
  return {
    ...ruling,
    summary: `In ${name}: ${ruling.summary}`,
    reasonCodes: [...ruling.reasonCodes, dimension === 'region' ? 'in_one_region' : 'on_one_route'],
    series: [...own, ...(whole.series ?? [seriesOf('all', whole)])],
  };
}

function seriesOf(name: string, ruling: Ruling): NonNullable<Ruling['series']>[number] {
  const arm = (one: Ruling['from']) => ({ n: one?.n ?? 0, value: one?.value ?? null, ci: one?.ci ?? null });
  return { name, from: arm(ruling.from), to: arm(ruling.to), effect: ruling.effect ?? null };
}
