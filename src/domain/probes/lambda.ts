/**
 * λ_observe of one question: do its six runs (3 paraphrases × 2 seeds) agree on where the answer is?
 * Seven rules on section ids (they survive a re-chunk; snippet ids and wording do not).
 *
 * Invariant: a pure function of the runs of one complete grid; thresholds are compared in integers.
 */
import type { ProbeRun } from '../probe.ts';

export type LambdaState = 'convergent' | 'divergent' | 'split' | 'chaotic' | 'unknown';

/** One run's display symbol: aligned, aborted, partly aligned, elsewhere; `missing` on a transport error. */
export type RunSymbol = '→' | '←' | '<>' | '×' | 'missing';

/** What λ reads of a run. */
export type LambdaRun = Pick<
  ProbeRun,
  'paraphrase' | 'seed' | 'error' | 'violations' | 'answerClass' | 'sectionIds' | 'sectionsFrom'
>;

export interface LambdaQuestion {
  readonly answerable: boolean;
  /** Section ids of the gold targets; may be empty. */
  readonly targets: readonly string[];
  /** The plan's map of section ids when green re-numbered its sections; identity where absent. */
  readonly sectionMap?: ReadonlyMap<string, string>;
}

export interface LambdaResult {
  readonly state: LambdaState;
  readonly consensus: readonly string[];
  readonly symbols: readonly RunSymbol[];
  readonly present: number;
  readonly aligned: number;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let n = 0;
  for (const id of a) if (b.has(id)) n += 1;
  return n;
}

/** |A∩B| / |A∪B|; two empty sets agree entirely. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = overlap(a, b);
  const either = a.size + b.size - both;
  return either === 0 ? 1 : both / either;
}

function meanPairwise(sets: readonly ReadonlySet<string>[]): number {
  let sum = 0;
  let pairs = 0;
  sets.forEach((a, i) => {
    for (const b of sets.slice(i + 1)) {
      sum += jaccard(a, b);
      pairs += 1;
    }
  });
  return pairs === 0 ? 1 : sum / pairs;
}

/** Rule 6's last part: enough aligned runs over all, within each seed, and at most one odd paraphrase. */
function converges(runs: readonly { readonly run: LambdaRun; readonly aligned: boolean }[]): boolean {
  const aligned = runs.filter((r) => r.aligned).length;
  if (6 * aligned < 5 * runs.length) return false;
  for (const seed of new Set(runs.map((r) => r.run.seed))) {
    const same = runs.filter((r) => r.run.seed === seed);
    if (3 * same.filter((r) => r.aligned).length < 2 * same.length) return false;
  }
  return new Set(runs.filter((r) => !r.aligned).map((r) => r.run.paraphrase)).size <= 1;
}

function unanswerable(runs: readonly LambdaRun[], symbols: readonly RunSymbol[]): LambdaResult {
  const refusals = runs.filter((r) => r.answerClass === 'refusal').length;
  const answers = runs.filter((r) => r.answerClass === 'answer').length;
  // Rule 7 only says what converges. Steadily making something up is the analogue of "coherent but away from gold".
  const state =
    6 * refusals >= 5 * runs.length ? 'convergent' : 6 * answers >= 5 * runs.length ? 'divergent' : 'split';
  return { state, consensus: [], symbols, present: runs.length, aligned: refusals };
}

/**
 * Judges one question in one color over one grid.
 * @param all the grid's runs, at most one per cell; fewer than 5 without transport error is `unknown`.
 */
export function lambdaOf(all: readonly LambdaRun[], question: LambdaQuestion): LambdaResult {
  const mapped = (id: string): string => question.sectionMap?.get(id) ?? id;
  const present = all.filter((run) => run.error === null);
  if (present.length < 5) {
    const symbols = all.map((): RunSymbol => 'missing');
    return { state: 'unknown', consensus: [], symbols, present: present.length, aligned: 0 };
  }
  if (!question.answerable) {
    const symbol = (run: LambdaRun): RunSymbol =>
      run.error !== null
        ? 'missing'
        : run.answerClass === 'refusal'
          ? '→'
          : run.answerClass === 'empty'
            ? '←'
            : '×';
    return unanswerable(present, all.map(symbol));
  }
  const runs = present.map((run) => {
    const sections = new Set(run.sectionIds.map(mapped));
    const invalid = run.violations.some((code) => code.startsWith('schema:'));
    return { run, sections, aborted: run.answerClass !== 'answer' || sections.size === 0 || invalid };
  });
  const good = runs.filter((r) => !r.aborted);
  const need = Math.ceil((2 * good.length) / 3);
  const ids = new Set(good.flatMap((r) => [...r.sections]));
  const consensus = new Set(
    good.length < 3 ? [] : [...ids].filter((id) => good.filter((r) => r.sections.has(id)).length >= need),
  );
  const judged = runs.map(({ run, sections, aborted }) => {
    const both = overlap(sections, consensus);
    // A top-k always drags strangers along, so it is asked only to contain the consensus.
    const agreement =
      run.sectionsFrom === 'cited'
        ? jaccard(sections, consensus)
        : consensus.size === 0
          ? 0
          : both / consensus.size;
    const aligned = !aborted && consensus.size > 0 && agreement >= 0.5;
    const symbol: RunSymbol = aborted ? '←' : aligned ? '→' : both > 0 ? '<>' : '×';
    return { run, sections, aborted, aligned, symbol };
  });
  const bySymbol = new Map(judged.map((r) => [r.run, r.symbol]));
  return {
    state: stateOf(judged, consensus, new Set(question.targets.map(mapped))),
    consensus: [...consensus].sort(),
    symbols: all.map((run) => bySymbol.get(run) ?? 'missing'),
    present: present.length,
    aligned: judged.filter((r) => r.aligned).length,
  };
}

function stateOf(
  runs: readonly { run: LambdaRun; sections: ReadonlySet<string>; aborted: boolean; aligned: boolean }[],
  consensus: ReadonlySet<string>,
  targets: ReadonlySet<string>,
): LambdaState {
  if (consensus.size === 0 && meanPairwise(runs.map((r) => r.sections)) < 0.2) return 'chaotic';
  if (runs.filter((r) => r.aborted).length >= 2) return 'divergent';
  if (consensus.size > 0 && targets.size > 0 && overlap(consensus, targets) === 0) return 'divergent';
  return converges(runs) ? 'convergent' : 'split';
}
