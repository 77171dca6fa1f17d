/**
 * What is behind a verdict: the questions that a record names, with the answers that show it, and users' traffic by region and route.
 * Invariant: a pure function of the evidence that the gate was judged by, so it explains that verdict and no later state.
 */
import {
  addHistograms,
  histogramInterval,
  histogramSize,
  isServerError,
  type Arms,
  type CacheArm,
  type Histogram,
  type PartSums,
  type ServerErrors,
  total,
} from '../domain/clusters/index.ts';
import { remedyFor } from '../domain/cookbook.ts';
import type { GateName } from '../domain/gate.ts';
import type { GateRecord, Offender } from '../domain/gate-record.ts';
import { trafficArms } from '../domain/gates/traffic.ts';
import { identityKey } from '../domain/identity.ts';
import type { LookInput, TrafficSlice } from '../domain/look-input.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { clopperPearsonInterval } from '../domain/stats/index.ts';

export interface Behind {
  /** In the order of the record: the worst first. */
  readonly questions: readonly QuestionBehind[];
  /** Worst first; empty for a gate that does not look at users' traffic. */
  readonly slices: readonly SliceBehind[];
  /** What a slice's value is, for people; a share is from 0 to 1. */
  readonly measure: { readonly says: string; readonly unit: 'ms' | 'share' } | null;
  /** `from`'s slices are those before the flip: it has no users any more. */
  readonly fromIsBaseline: boolean;
  /** What the record names that is neither a question nor a slice. */
  readonly others: readonly Offender[];
  readonly advice: string;
}

/** `from` and `to`: what the gate measured, a mean over the runs of each color. */
export interface QuestionBehind extends Offender {
  readonly topic: string;
  /** Sections that answer it. */
  readonly expected: readonly string[];
  /** One run of each color, of the same paraphrase and seed: the two that differ most. */
  readonly pair: { readonly from: ProbeRun | null; readonly to: ProbeRun };
  /** All runs of both colors in the window. */
  readonly runs: readonly ProbeRun[];
}

export interface SliceBehind {
  readonly region: string;
  readonly route: string;
  readonly from: Measured;
  readonly to: Measured;
}

/** Null where there are no data or no finite bound. Each bound holds with 95 %. */
export interface Measured {
  readonly n: number;
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

export function behind(input: LookInput, record: GateRecord): Behind {
  const questions = questionsBehind(input, record);
  const { slices, measure, fromIsBaseline } = slicesBehind(input, record);
  const told = new Set([
    ...questions.flatMap(({ id, why }) => [id, why]),
    ...slices.flatMap(({ region, route }) => [`region ${region}`, `route ${route}`]),
  ]);
  const others = record.offenders.filter(({ id }) => !told.has(id));
  return { questions, slices, measure, fromIsBaseline, others, advice: adviceOn(record) };
}

function questionsBehind(input: LookInput, record: GateRecord): QuestionBehind[] {
  const window = input.probes;
  if (window === null) return [];
  const facts = new Map(window.probes.map((probe) => [probe.id, probe]));
  // An identity or a class of error is shown by the questions whose answers have it.
  const named = record.offenders.flatMap((offender): Offender[] => {
    if (facts.has(offender.id)) return [offender];
    const showing = window.runs.filter((run) => run.color === input.to && shows(run, offender.id));
    const ids = new Set(showing.map(({ probeId }) => probeId));
    return window.probes
      .filter(({ id }) => ids.has(id))
      .map(({ id }) => ({ id, from: null, to: null, why: offender.id }));
  });
  return named.flatMap((offender): QuestionBehind[] => {
    const probe = facts.get(offender.id);
    const runs = window.runs.filter(({ probeId }) => probeId === offender.id);
    const expected = probe?.targetSections ?? [];
    const bad = (run: ProbeRun): number => badness(run, record.gate, offender.why, expected);
    const [worst] = runs
      .filter(({ color }) => color === input.to)
      .map((to) => {
        const from = runs.find((run) => run.color === input.from && isSameCell(run, to)) ?? null;
        return { pair: { from, to }, gap: bad(to) - (from === null ? 0 : bad(from)) };
      })
      .sort((a, b) => b.gap - a.gap);
    return worst === undefined
      ? []
      : [{ ...offender, topic: probe?.topic ?? '', expected, pair: worst.pair, runs }];
  });
}

function isSameCell(a: ProbeRun, b: ProbeRun): boolean {
  return a.paraphrase === b.paraphrase && a.seed === b.seed && a.round === b.round && a.rerun === b.rerun;
}

function shows(run: ProbeRun, what: string): boolean {
  return run.error === what || (run.error === null && identityKey(run.identity) === what);
}

/** How bad one run is in the eyes of a gate; 0 is fine. */
function badness(run: ProbeRun, gate: GateName, why: string, expected: readonly string[]): number {
  const bad = BADNESS[gate];
  return bad === undefined ? Number(shows(run, why)) : bad(run, expected);
}

const BADNESS: Readonly<Partial<Record<GateName, (run: ProbeRun, expected: readonly string[]) => number>>> = {
  schema: ({ violations }) => violations.length,
  coverage: (run) => 1 - (run.coverage ?? 1),
  'delta-s': (run) => run.deltaS ?? 0,
  assertions: ({ unmet = [] }) => unmet.length,
  refusals: ({ answerClass }) => Number(answerClass !== 'answer'),
  lambda: ({ sectionIds }, expected) => expected.filter((id) => !sectionIds.includes(id)).length,
};

interface Measure {
  readonly says: string;
  of(slice: TrafficSlice, offenders: ReadonlySet<string>, rule: ServerErrors): Measured;
}

/** What each gate on users' traffic compares by region and route. */
const MEASURES: Readonly<Partial<Record<GateName, Measure>>> = {
  'error-rate': {
    says: 'server errors, each repeat counted',
    of: ({ errors, requests }, _, rule) => {
      const server = Object.keys(errors).filter((name) => isServerError(name, rule));
      return share(sum(errors, new Set(server)), requests);
    },
  },
  'error-novelty': {
    says: 'errors of the new classes',
    of: ({ errors, requests }, offenders) => share(sum(errors, offenders), requests),
  },
  identity: {
    says: 'answers of another identity',
    of: ({ identities }, offenders) => share(sum(identities, offenders), sum(identities)),
  },
  'cold-start': {
    says: 'cold starts',
    of: ({ cold, warm }) => share(cold, cold + warm),
  },
};

/** What is compared by region or by route only: sums are not kept by both. */
const OF_PARTS: Readonly<
  Partial<
    Record<
      GateName,
      { readonly says: string; readonly unit: 'ms' | 'share'; of(part: PartSums): Arms<Measured> | null }
    >
  >
> = {
  latency: {
    says: 'p95 of warm successes',
    unit: 'ms',
    of({ final }) {
      if (final === null) return null;
      const { to, from } = final.arms;
      return { to: p95Of(to.histograms), from: from === null ? null : p95Of(from.histograms) };
    },
  },
  cache: {
    says: 'hit rate of keys that are still alive',
    unit: 'share',
    of({ cache }) {
      if (cache === null) return null;
      const { to, from } = cache.arms;
      const of = ({ strata: { trials, hits } }: CacheArm): Measured => share(total(hits), total(trials));
      return { to: of(to), from: of(from) };
    },
  },
};

const ALL = 'all';
const NOTHING: Measured = { n: 0, value: null, lower: null, upper: null };

function p95Of(histograms: readonly Histogram[]): Measured {
  const all = addHistograms(histograms);
  const bounds = histogramInterval(all, {});
  if (bounds === null) return NOTHING;
  const { estimate, lower, upper } = bounds;
  return { n: histogramSize(all), value: finite(estimate), lower: finite(lower), upper: finite(upper) };
}

function partsBehind({ traffic }: LookInput, gate: GateName): Pick<Behind, 'slices' | 'measure'> | null {
  const measure = OF_PARTS[gate];
  if (measure === undefined) return null;
  const slices = (traffic?.sums?.parts ?? []).flatMap((sums): SliceBehind[] => {
    const arms = measure.of(sums);
    if (arms === null) return [];
    const place = { region: ALL, route: ALL };
    const { part } = sums;
    return [
      {
        ...place,
        ...(part === null ? {} : { [part.dimension]: part.name }),
        from: arms.from ?? NOTHING,
        to: arms.to,
      },
    ];
  });
  return { slices, measure: { says: measure.says, unit: measure.unit } };
}

function slicesBehind(
  input: LookInput,
  record: GateRecord,
): Pick<Behind, 'slices' | 'measure' | 'fromIsBaseline'> {
  const parts = partsBehind(input, record.gate);
  if (parts !== null)
    return { ...parts, slices: worstFirst(parts.slices, record.gate), fromIsBaseline: false };
  const measure = MEASURES[record.gate];
  if (measure === undefined) return { slices: [], measure: null, fromIsBaseline: false };
  const arms = trafficArms(input);
  const offenders = new Set(record.offenders.map(({ id }) => id));
  const find = (slices: readonly TrafficSlice[], one: TrafficSlice): Measured => {
    const slice = slices.find(({ region, route }) => region === one.region && route === one.route);
    return slice === undefined ? NOTHING : measure.of(slice, offenders, input.settings.serverErrors);
  };
  const all = [...arms.to, ...arms.from];
  const places = all.filter((one, at) => all.findIndex((other) => isSamePlace(one, other)) === at);
  const slices = places.map((one): SliceBehind => {
    const { region, route } = one;
    return { region, route, from: find(arms.from, one), to: find(arms.to, one) };
  });
  return {
    slices: worstFirst(slices, record.gate),
    measure: { says: measure.says, unit: 'share' },
    fromIsBaseline: arms.fromIsBaseline,
  };
}

function worstFirst(slices: readonly SliceBehind[], gate: GateName): SliceBehind[] {
  // A high hit rate is good, everything else is bad when it is high.
  const sign = gate === 'cache' ? -1 : 1;
  const worse = ({ from, to }: SliceBehind): number => sign * ((to.value ?? 0) - (from.value ?? 0));
  return slices.filter(({ from, to }) => from.n + to.n > 0).toSorted((a, b) => worse(b) - worse(a));
}

function isSamePlace(a: TrafficSlice, b: TrafficSlice): boolean {
  return a.region === b.region && a.route === b.route;
}

function share(hits: number, n: number): Measured {
  if (n === 0) return { n, value: null, lower: null, upper: null };
  const { estimate, lower, upper } = clopperPearsonInterval(Math.min(hits, n), n);
  return { n, value: estimate, lower, upper };
}

function sum(counts: Readonly<Record<string, number>>, only?: ReadonlySet<string>): number {
  return Object.entries(counts).reduce(
    (total, [name, n]) => total + (only === undefined || only.has(name) ? n : 0),
    0,
  );
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** What to do about a verdict. */
function adviceOn({ verdict, gate, reasonCodes, power, arms }: GateRecord): string {
  switch (verdict) {
    case 'fail':
      return remedyFor(gate, 'gate');
    case 'error':
      return reasonCodes.includes('baseline_unhealthy')
        ? `${arms.from.color} itself breaks the rule: mend it, or what it is measured by; ${arms.to.color} is not judged.`
        : 'Mend what the judge needs (telemetry, embedder, probe set): no color is at fault.';
    case 'inconclusive':
      return power?.required != null && power.actual < power.required
        ? `A verdict needs ${power.required}, there are ${power.actual}: wait, or lengthen the hold (cutover tune).`
        : 'Nothing is proved either way: read what is above, then wait for the next look or decide.';
    case 'pass':
      return 'Nothing: it passed.';
    case 'skipped':
      return 'Nothing: it was not judged here.';
  }
}
