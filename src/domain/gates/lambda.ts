/**
 * λ: do a question's paraphrases and seeds still agree on where the answer is?
 * Invariant: only complete grids (six cells) are judged, the newest of each question; a chaotic question must be chaotic
 * in two grids before it fails anything (the second is an immediate re-run, or simply the next grid). An index that was built
 * again loses other questions than `from`'s did: lost ones count only beyond that share and beyond chance.
 */
import type { Color } from '../color.ts';
import type { GateLoss, Offender } from '../gate-record.ts';
import type { LookInput, ProbeWindow } from '../look-input.ts';
import type { ProbeRun } from '../probe.ts';
import { lambdaOf, type LambdaState } from '../probes/lambda.ts';
import { GRID_CELLS, PARAPHRASES } from '../probes/rounds.ts';
import { clopperPearsonInterval, fewestTold, mcnemarBeyond } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import { answeredOnly, MIN_QUESTIONS, runsOf } from './questions.ts';
import {
  atEnd,
  fail,
  inconclusive,
  pass,
  percent,
  shortPercent,
  sickBaseline,
  underpowered,
  type Facts,
  type Ruling,
} from './ruling.ts';

/** Largest share of split questions for a PASS. */
const SPLIT_SHARE = 0.1;
/** Largest share of questions without a state (transport errors) for a PASS. */
const UNKNOWN_SHARE = 0.1;

export const lambda: Gate = {
  name: 'lambda',
  asks: 'do paraphrases and seeds agree on where the answer is?',
  fails:
    'convergent share < `block` (Clopper-Pearson) where `from` reaches it; more questions lost (convergent on `from`, not on `to`) than `rebuild` and chance explain (exact paired test); one question chaotic in two grids',
  passes: 'share ≥ `pass`, ≤ 10 % split, none chaotic',
  remedy:
    'Answers differ between paraphrases or seeds: pin the reranker and its seed, check ties in retrieval.',
  roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
  needs: ['probes', 'reruns'],
  rounds: GRID_CELLS,
  settings: {
    'lambda.pass': {
      kind: 'share',
      default: 0.9,
      stricter: 'higher',
      must: { be: 'greater', than: 'lambda.block', because: 'larger is better for λ' },
      says: 'Least share of convergent questions.',
      why: 'convergent answers wanted',
    },
    'lambda.block': {
      kind: 'share',
      default: 0.8,
      stricter: 'higher',
      says: 'A share under this fails.',
      why: 'five of six runs agree',
    },
    'lambda.rebuild': {
      kind: 'share',
      default: 0.02,
      stricter: 'lower',
      says: 'Share of the questions that a rebuilt index may lose: 0 if both colors read one index, 0.05 for a set that was curated on `from`.',
      why: 'an approximate index that is built again misses other questions than the last build',
    },
  },
  block: 'Agreement of citations over paraphrases and seeds.',
  rule: judgeLambda,
};

function judgeLambda(input: LookInput): Ruling {
  if (input.probes === null || input.probes.runs.length === 0)
    return inconclusive('no_data', 'No probes were sent.');
  const window = answeredOnly(input.probes);
  const levels = lookLevels(input.look);
  const from = armOf(window, input.from, levels.fail / 2);
  const to = armOf(window, input.to, levels.fail / 2);
  const facts: Facts = {
    from: { n: from.known, value: from.share, ci: from.ci },
    to: { n: to.known, value: to.share, ci: to.ci },
    threshold: {
      pass: input.settings.lambda.pass,
      block: input.settings.lambda.block,
      source: 'settings.lambda',
    },
    power: { required: MIN_QUESTIONS, actual: to.known, deff: null },
  };
  if (from.grids === 0 && to.grids === 0) {
    return underpowered('no_grid_yet', 'No question has a complete grid of six runs yet.', facts);
  }
  if (from.known === 0 || to.known === 0) {
    const silent = to.known === 0 ? input.to : input.from;
    return inconclusive('one_sided', `No question was answered often enough on ${silent}.`, facts);
  }
  return judged(input, window, { from, to, facts, level: levels.fail });
}

function judged(
  input: LookInput,
  window: ProbeWindow,
  { from, to, facts, level }: { from: Arm; to: Arm; facts: Facts; level: number },
): Ruling {
  const { pass: wanted, block, rebuild } = input.settings.lambda;
  const both = [...to.states].filter(([id, state]) => state !== 'unknown' && known(from.states.get(id)));
  const isLost = (a: LambdaState | undefined, b: LambdaState | undefined): boolean =>
    a === 'convergent' && b !== 'convergent';
  const worse = both.filter(([id, state]) => isLost(from.states.get(id), state));
  const better = both.filter(([id, state]) => isLost(state, from.states.get(id)));
  const counts = { worse: worse.length, better: better.length, pairs: both.length };
  const loss: GateLoss = {
    lost: counts.worse,
    gained: counts.better,
    pairs: counts.pairs,
    rebuild,
    p: mcnemarBeyond(counts, rebuild),
    level,
  };
  const offenders = worse.map(([id, state]): Offender => ({ id, from: 1, to: 0, why: state }));
  const all: Facts = {
    ...facts,
    offenders,
    loss,
    effect: {
      kind: 'difference',
      estimate: to.share - from.share,
      lower: null,
      upper: null,
      alpha: level,
      method: 'Clopper-Pearson on the convergent share; exact paired test on lost questions after a rebuild',
    },
  };
  const sentence =
    `${percent(to.share)} of ${to.known} questions convergent (${percent(from.share)} on ${input.from}); ` +
    `${to.count('split')} split, ${to.count('divergent')} divergent, ${to.count('chaotic')} chaotic, ` +
    `${to.count('unknown')} unknown. ${lossInWords(loss)}`;

  if (from.ci[1] < block || from.confirmed.length > 0) {
    return sickBaseline(`${input.from} itself does not agree. ${sentence}`, all);
  }
  if (to.confirmed.length > 0) {
    const chaotic = to.confirmed.map((id): Offender => ({ id, from: null, to: null, why: 'chaotic twice' }));
    return fail('lambda_chaotic', sentence, { ...all, offenders: chaotic });
  }
  if (to.ci[1] < block && from.share >= block) return fail('lambda_not_convergent', sentence, all);
  if (loss.p <= level) return fail('lambda_flips', sentence, all);
  if (to.ci[1] < block)
    return sickBaseline(`${input.from} is under ${shortPercent(block)} too. ${sentence}`, all);
  if (to.count('chaotic') > 0) {
    return inconclusive(
      'lambda_chaotic_unconfirmed',
      `A chaotic question awaits its re-run. ${sentence}`,
      all,
    );
  }
  if (to.share < wanted) {
    return inconclusive('lambda_low', `${percent(wanted, 0)} must be convergent. ${sentence}`, all);
  }
  if (to.count('split') > SPLIT_SHARE * to.known) {
    return inconclusive('lambda_split', `Too many questions are split. ${sentence}`, all);
  }
  if (window.probes.length < MIN_QUESTIONS) {
    const why = `${window.probes.length} probes can fail a build but not prove one; ${MIN_QUESTIONS} are needed. ${sentence}`;
    return underpowered('probe_set_small', why, all);
  }
  if (window.probes.length - Math.min(from.known, to.known) > UNKNOWN_SHARE * window.probes.length) {
    const n = Math.min(from.known, to.known);
    return underpowered(
      'questions_missing',
      `Only ${n} of ${window.probes.length} questions have a state. ${sentence}`,
      all,
    );
  }
  return atEnd(input.look, pass(sentence, all));
}

/** What was lost, what would explain it, and from what on a set of this size can tell. */
function lossInWords({ lost, gained, pairs, rebuild, p, level }: GateLoss): string {
  const cause = rebuild === 0 ? 'equal colors' : `a rebuilt index that loses up to ${shortPercent(rebuild)}`;
  const counted = `${lost} of ${pairs} questions lost their source, ${gained} gained`;
  if (p <= level) return `${counted}; ${cause} would do this in ${odds(p)}, and ${odds(level)} are allowed.`;
  const told = fewestTold(pairs, rebuild, level);
  const reach =
    told === null
      ? `With ${pairs} questions this look cannot fail for lost ones.`
      : `With ${pairs} questions this look fails from ${told} lost on (${shortPercent(told / pairs)}) if none is gained.`;
  return `${counted}${lost === 0 ? '' : `; ${cause} would do this in ${odds(p)}`}. ${reach}`;
}

/** A chance, e.g. `31 % of cases`. */
function odds(p: number): string {
  return p < 1e-6 ? 'less than one case in a million' : `${shortPercent(p)} of cases`;
}

interface Arm {
  /** Newest state of each question with a complete grid. */
  readonly states: ReadonlyMap<string, LambdaState>;
  /** Questions with a complete grid. */
  readonly grids: number;
  /** Those with a state other than `unknown`. */
  readonly known: number;
  readonly share: number;
  readonly ci: readonly [number, number];
  /** Questions chaotic in two grids. */
  readonly confirmed: readonly string[];
  readonly count: (state: LambdaState) => number;
}

function armOf(window: ProbeWindow, color: Color, alpha: number): Arm {
  const grids = completeGrids(window, color);
  const states = new Map<string, LambdaState>();
  const confirmed: string[] = [];
  for (const probe of window.probes) {
    const seen = (grids.get(probe.id) ?? []).map(
      (runs) => lambdaOf(runs, { answerable: probe.answerable, targets: probe.targetSections }).state,
    );
    const last = seen.at(-1);
    if (last !== undefined) states.set(probe.id, last);
    if (seen.filter((state) => state === 'chaotic').length > 1) confirmed.push(probe.id);
  }
  const count = (state: LambdaState): number => [...states.values()].filter((one) => one === state).length;
  const n = states.size - count('unknown');
  const { estimate, lower, upper } = clopperPearsonInterval(count('convergent'), n, { alpha });
  return { states, grids: states.size, known: n, share: estimate, ci: [lower, upper], confirmed, count };
}

/** Questions whose newest grid is chaotic for the first time: to be asked again at once. */
export function awaitingRerun(asked: ProbeWindow, colors: readonly Color[]): string[] {
  const window = answeredOnly(asked);
  const ids = colors.flatMap((color) => {
    const { states, confirmed } = armOf(window, color, 0.5);
    return [...states].flatMap(([id, state]) => (state === 'chaotic' && !confirmed.includes(id) ? [id] : []));
  });
  return [...new Set(ids)];
}

/** Complete grids of each question, oldest first: rounds 0-5 make the first, 6-11 the second. */
export function completeGrids(window: ProbeWindow, color: Color): Map<string, ProbeRun[][]> {
  const cells = new Map<string, Map<number, Map<number, ProbeRun>>>();
  for (const run of runsOf(window, color)) {
    const grids = cells.get(run.probeId) ?? new Map<number, Map<number, ProbeRun>>();
    // A re-run stands right behind the grid it repeats.
    const number = Math.floor(run.round / GRID_CELLS) + (run.rerun === undefined ? 0 : 0.5);
    const grid = grids.get(number) ?? new Map<number, ProbeRun>();
    grid.set(run.seed * PARAPHRASES + run.paraphrase, run);
    cells.set(run.probeId, grids.set(number, grid));
  }
  const complete = (grids: Map<number, Map<number, ProbeRun>>): ProbeRun[][] =>
    [...grids]
      .filter(([, grid]) => grid.size === GRID_CELLS)
      .sort(([a], [b]) => a - b)
      .map(([, grid]) => [...grid.values()]);
  return new Map([...cells].map(([id, grids]) => [id, complete(grids)]));
}

function known(state: LambdaState | undefined): boolean {
  return state !== undefined && state !== 'unknown';
}
