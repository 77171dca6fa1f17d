/**
 * Per region and per route: a gate on users' traffic is asked again of each part, so that a region that broke cannot
 * hide behind those that did not.
 * Invariant: all parts together may spend as much of the FAIL level as the whole does (half each), and a part that is too
 * small to judge says nothing: only the whole may pass, any part may fail it.
 */
import { UNDERPOWERED } from '../gate-record.ts';
import type { Part, PartSums } from '../clusters/index.ts';
import type { LookInput } from '../look-input.ts';
import type { Ruling } from './ruling.ts';

/** A rule that is asked of one part at a share of its FAIL level. Null where there are no sums at all. */
export type PartRule = (input: LookInput, part: PartSums | null, share: number) => Ruling;

const DIMENSIONS = ['region', 'route'] as const;

/** What the whole keeps of the FAIL level when there are parts. */
export const WHOLE_SHARE = 0.5;

export function brokenDown(rule: PartRule): (input: LookInput) => Ruling {
  return (input) => {
    const all = input.traffic?.sums?.parts ?? [];
    const sums = all.find(({ part }) => part === null) ?? null;
    const parts = all.flatMap((one) => (one.part === null ? [] : [{ ...one, part: one.part }]));
    if (parts.length === 0) return rule(input, sums, 1);
    const whole = rule(input, sums, WHOLE_SHARE);
    if (whole.verdict === 'error') return whole;
    // Probes come in through one region: they say nothing of a part.
    const users: LookInput = { ...input, probes: null };
    const ruled = parts.map((one): Ruled => ({
      part: one.part,
      ruling: rule(users, one, (1 - WHOLE_SHARE) / parts.length),
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

/** As people read it. */
export function partName({ dimension, name }: Part): string {
  return `${dimension} ${name}`;
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

/** Data that speak against a part are an objection; too few of them, or none to compare with, are not. */
function objects({ verdict, reasonCodes }: Ruling): boolean {
  return verdict === 'inconclusive' && reasonCodes[0] !== UNDERPOWERED && !SILENCE.has(reasonCodes[0] ?? '');
}

const SILENCE: ReadonlySet<string> = new Set(['no_data', 'stale', 'one_sided']);

/** The part's ruling stands for the gate; the whole stays readable beside it. */
function ofPart(whole: Ruling, { part, ruling }: Ruled): Ruling {
  const name = partName(part);
  const [first, ...rest] = ruling.series ?? [seriesOf(name, ruling)];
  const own = first === undefined ? [] : [{ ...first, name: `${name}: ${first.name}` }, ...rest];
  return {
    ...ruling,
    summary: `In ${name}: ${ruling.summary}`,
    reasonCodes: [...ruling.reasonCodes, part.dimension === 'region' ? 'in_one_region' : 'on_one_route'],
    series: [...own, ...(whole.series ?? [seriesOf('all', whole)])],
  };
}

function seriesOf(name: string, ruling: Ruling): NonNullable<Ruling['series']>[number] {
  const arm = (one: Ruling['from']) => ({ n: one?.n ?? 0, value: one?.value ?? null, ci: one?.ci ?? null });
  return { name, from: arm(ruling.from), to: arm(ruling.to), effect: ruling.effect ?? null };
}
