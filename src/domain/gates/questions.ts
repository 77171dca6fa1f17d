/**
 * Probe runs as the gates use them: one number per question and color, paired by question.
 * Invariant: the question is the unit of analysis; its runs (3 paraphrases × 2 seeds, over all grids of the window) are
 * averaged first, so n is the number of questions, never of runs.
 */
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import type { LookInput, ProbeWindow } from '../look-input.ts';
import type { ProbeRun } from '../probe.ts';
import { inconclusive, underpowered, type Facts, type Ruling } from './ruling.ts';

/** Fewest questions with which a quality gate may pass. */
export const MIN_QUESTIONS = 50;
/** Share of the questions that must have been answered on both colors. */
const MEASURED = 0.9;
/** Most questions that may be newly broken net of fixed ones for a PASS: this share of n, at least one. */
const BROKEN_SHARE = 0.02;

/** A question's mean over its runs on each color. */
export interface Pair {
  readonly id: string;
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

export interface Paired {
  /** In the order of the probe set. */
  readonly pairs: readonly Pair[];
  /** Questions asked for. */
  readonly wanted: number;
  readonly runs: { readonly from: number; readonly to: number };
}

/** @param valueOf the measure of a run; null when it has none. Unanswerable questions are left out. */
export function pairsOf(
  input: LookInput,
  window: ProbeWindow,
  valueOf: (run: ProbeRun) => number | null,
): Paired {
  const from = meansOf(window, input.from, valueOf);
  const to = meansOf(window, input.to, valueOf);
  const wanted = window.probes.filter((probe) => probe.answerable);
  const pairs = wanted.flatMap(({ id, topic }): Pair[] => {
    const [a, b] = [from.means.get(id), to.means.get(id)];
    return a === undefined || b === undefined ? [] : [{ id, topic, from: a, to: b }];
  });
  return { pairs, wanted: wanted.length, runs: { from: from.runs, to: to.runs } };
}

function meansOf(
  window: ProbeWindow,
  color: Color,
  valueOf: (run: ProbeRun) => number | null,
): { means: Map<string, number>; runs: number } {
  const sums = new Map<string, { sum: number; n: number }>();
  let runs = 0;
  for (const run of runsOf(window, color)) {
    const value = run.error === null && run.rerun === undefined ? valueOf(run) : null;
    if (value === null) continue;
    runs += 1;
    let entry = sums.get(run.probeId);
    if (entry === undefined) sums.set(run.probeId, (entry = { sum: 0, n: 0 }));
    entry.sum += value;
    entry.n += 1;
  }
  return { means: new Map(Array.from(sums, ([id, { sum, n }]) => [id, sum / n])), runs };
}

/** Every probe gate of a look asks for the same split, so it is made once for each window. */
const SPLITS = new WeakMap<ProbeWindow, Record<Color, ProbeRun[]>>();

/** Runs of one color, in the order of the window. */
export function runsOf(window: ProbeWindow | null, color: Color): readonly ProbeRun[] {
  if (window === null) return [];
  let split = SPLITS.get(window);
  if (split === undefined) {
    split = { blue: [], green: [] };
    for (const run of window.runs) split[run.color].push(run);
    SPLITS.set(window, split);
  }
  return split[color];
}

const ANSWERED = new WeakMap<ProbeWindow, ProbeWindow>();

/** Without the questions that were asked for retrieved text only: for gates that judge answers. */
export function answeredOnly(window: ProbeWindow): ProbeWindow {
  let answered = ANSWERED.get(window);
  if (answered === undefined) {
    const without = retrievalOnly(window);
    answered =
      without.size === 0
        ? window
        : {
            ...window,
            runs: window.runs.filter(({ probeId }) => !without.has(probeId)),
            probes: window.probes.filter(({ id }) => !without.has(id)),
          };
    ANSWERED.set(window, answered);
  }
  return answered;
}

/** Ids of the questions that were asked for retrieved text only. */
export function retrievalOnly(window: ProbeWindow): ReadonlySet<string> {
  return new Set(window.probes.flatMap((probe) => (probe.retrievalOnly === true ? [probe.id] : [])));
}

/** Why the questions cannot be judged at all, or null. */
export function questionsMissing(input: LookInput, { pairs, runs }: Paired): Ruling | null {
  const facts: Facts = { from: { n: pairs.length }, to: { n: pairs.length } };
  if (runs.from === 0 && runs.to === 0)
    return inconclusive('no_data', 'No probe was answered and measured.', facts);
  if (runs.from === 0 || runs.to === 0) {
    const silent = runs.to === 0 ? input.to : input.from;
    return inconclusive('one_sided', `No probe was answered and measured on ${silent}.`, facts);
  }
  const n = Math.min(runs.from, runs.to);
  if (n >= input.settings.minSamples) return null;
  return underpowered('too_few', `${n} probe runs an arm; ${input.settings.minSamples} are needed.`, facts);
}

/** Why a quality gate may not pass however good its numbers are, or null. */
export function notEnoughToPass(
  { pairs, wanted }: Pick<Paired, 'pairs' | 'wanted'>,
  window: ProbeWindow,
  facts: Facts,
): Ruling | null {
  if (window.probes.length < MIN_QUESTIONS) {
    return underpowered(
      'probe_set_small',
      `${window.probes.length} probes can fail a build but not prove one; ${MIN_QUESTIONS} are needed.`,
      facts,
    );
  }
  if (pairs.length >= MEASURED * wanted) return null;
  return underpowered(
    'questions_missing',
    `Only ${pairs.length} of ${wanted} questions were measured on both colors.`,
    facts,
  );
}

/** Questions newly on the bad side of a line, and newly off it. */
export interface Flips {
  readonly worse: readonly Pair[];
  readonly better: readonly Pair[];
}

export function flipsOf(pairs: readonly Pair[], isBad: (value: number) => boolean): Flips {
  return {
    worse: pairs.filter((pair) => !isBad(pair.from) && isBad(pair.to)),
    better: pairs.filter((pair) => isBad(pair.from) && !isBad(pair.to)),
  };
}

/** True when so few questions broke that it is no minority (at most max(1, 2 % of n), net). */
export function fewBroken({ worse, better }: Flips, n: number): boolean {
  return worse.length - better.length <= Math.max(1, BROKEN_SHARE * n);
}

/** The questions that moved the most in the bad direction. @param sign 1 when larger is worse, -1 when smaller is */
export function worstPairs(pairs: readonly Pair[], sign: 1 | -1, why: (pair: Pair) => string): Offender[] {
  return [...pairs]
    .sort((a, b) => sign * (b.to - b.from - (a.to - a.from)) || (a.id < b.id ? -1 : 1))
    .map((pair) => ({ id: pair.id, from: pair.from, to: pair.to, why: why(pair) }));
}

export function differences(pairs: readonly Pair[], sign: 1 | -1): Float64Array {
  return Float64Array.from(pairs, (pair) => sign * (pair.to - pair.from));
}
