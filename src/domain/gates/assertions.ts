/**
 * Assertions: do answers of `to` still hold what the probe set says they must, and nothing that they must not?
 * Invariant: a question counts once and only where both colors answered it; what both miss is the gold set's fault, never `to`'s.
 */
import type { LookInput, ProbeWindow } from '../look-input.ts';
import { GRID_CELLS } from '../probes/rounds.ts';
import { mcnemarExact } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import * as questions from './questions.ts';
import {
  atEnd,
  fail,
  inconclusive,
  pass,
  percent,
  sickBaseline,
  skipped,
  type Facts,
  type Ruling,
} from './ruling.ts';

/** Share of a question's answers that miss an assertion from which on the question counts as broken. */
const BROKEN = 0.5;
/** Share of broken questions on `from` from which on the set does not fit the service: a question that `from` breaks tells nothing. */
const SICK = 0.9;

export const assertions: Gate = {
  name: 'assertions',
  asks: 'do answers still hold what the probe set says they must?',
  fails:
    'questions newly broken beyond chance (exact McNemar); a question is broken when half of its answers miss an assertion',
  passes: '≤ max(1, 2 %) net newly broken',
  remedy:
    'Answers miss what they must hold: `cutover why assertions` names question and assertion; compare prompt, model and what is retrieved.',
  // Few questions have assertions: they can object, and seldom prove.
  roles: { shadow: 'guard', ramp: 'guard', audit: 'guard', hold: 'guard' },
  needs: ['probes'],
  rounds: GRID_CELLS,
  besides: '`must_include`, `must_not_include`, `expect` of the probes',
  rule: judgeAssertions,
};

function judgeAssertions(input: LookInput): Ruling {
  if (input.probes === null) return inconclusive('no_data', 'No probes were sent.');
  if (!input.probes.probes.some(({ asserted }) => asserted === true)) {
    return skipped('absent', 'No question says what its answer must hold.');
  }
  const window = assertedOnly(questions.answeredOnly(input.probes));
  if (window.probes.length === 0) {
    return skipped('absent', 'The questions that say so are asked for retrieved text only.');
  }
  const paired = questions.pairsOf(input, window, ({ unmet }) =>
    unmet === undefined ? null : Number(unmet.length > 0),
  );
  const { pairs } = paired;
  const n = pairs.length;
  const missing = questions.questionsMissing(input, paired);
  if (n === 0) return missing ?? inconclusive('one_sided', 'No question was answered on both colors.');
  const isBroken = (share: number): boolean => share >= BROKEN;
  const broken = (color: 'from' | 'to'): number => pairs.filter((pair) => isBroken(pair[color])).length;
  const [from, to] = [broken('from'), broken('to')];
  const flips = questions.flipsOf(pairs, isBroken);
  const sentence =
    `${to} of ${n} questions with assertions are broken on ${input.to} (${percent(to / n)}), ${from} on ${input.from}; ` +
    `${flips.worse.length} newly broken, ${flips.better.length} fixed.`;
  const missed = missedBy(input, window);
  const facts: Facts = {
    from: { n, value: from / n },
    to: { n, value: to / n },
    threshold: { pass: null, block: null, source: 'half of a question’s answers' },
    power: { required: questions.MIN_QUESTIONS, actual: n, deff: null },
    offenders: questions.worstPairs(flips.worse, 1, ({ id }) => `misses ${missed(id)}`),
  };
  const chance = mcnemarExact(flips.worse.length, flips.better.length);
  if (chance <= lookLevels(input.look).fail) return fail('newly_broken', sentence, facts);
  if (from / n >= SICK) return sickBaseline(`${input.from} itself misses them. ${sentence}`, facts);
  if (!questions.fewBroken(flips, n)) {
    return inconclusive('some_newly_broken', `Several questions are newly broken. ${sentence}`, facts);
  }
  return (
    missing ?? questions.notEnoughToPass(paired, window, facts) ?? atEnd(input.look, pass(sentence, facts))
  );
}

/** The questions that say something of their answers; also those that should be refused may. */
function assertedOnly(window: ProbeWindow): ProbeWindow {
  const probes = window.probes.flatMap((probe) =>
    probe.asserted === true ? [{ ...probe, answerable: true }] : [],
  );
  const ids = new Set(probes.map(({ id }) => id));
  return { ...window, probes, runs: window.runs.filter(({ probeId }) => ids.has(probeId)) };
}

/** The assertion that most answers of `to` miss, by question. */
function missedBy(input: LookInput, window: ProbeWindow): (id: string) => string {
  const counts = new Map<string, Map<string, number>>();
  for (const { probeId, unmet = [] } of questions.runsOf(window, input.to)) {
    const held = counts.get(probeId) ?? new Map<string, number>();
    counts.set(probeId, held);
    for (const one of unmet) held.set(one, (held.get(one) ?? 0) + 1);
  }
  return (id) =>
    [...(counts.get(id) ?? [])].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? '';
}
