/**
 * Refusals: does `to` refuse, or answer with nothing, what `from` answers?
 * Invariant: a question counts once and only where both colors were asked it; one that should be refused counts nowhere.
 */
import type { LookInput } from '../look-input.ts';
import { mcnemarExact } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import * as questions from './questions.ts';
import { atEnd, fail, inconclusive, pass, percent, sickBaseline, type Facts, type Ruling } from './ruling.ts';

/** Share of a question's runs without an answer from which on it counts as refused. */
const REFUSED = 0.5;

export const refusals: Gate = {
  name: 'refusals',
  asks: 'does `to` refuse, or answer with nothing, what `from` answers?',
  fails:
    'questions newly refused beyond chance (exact McNemar); a question is refused when half of its runs are',
  passes: '≤ max(1, 2 %) net newly refused',
  remedy:
    'More questions are refused: compare system prompt, guardrails and model version of the two colors.',
  // What a color refuses does not hang on its share of users: it is said before any of them.
  roles: { shadow: 'advisory' },
  needs: ['probes'],
  besides: '`probes.response.refusal`',
  rule: judgeRefusals,
};

function judgeRefusals(input: LookInput): Ruling {
  if (input.probes === null) return inconclusive('no_data', 'No probes were sent.');
  const window = questions.answeredOnly(input.probes);
  const paired = questions.pairsOf(input, window, (run) => (run.answerClass === 'answer' ? 0 : 1));
  const missing = questions.questionsMissing(input, paired);
  if (missing !== null) return missing;
  const { pairs } = paired;
  const n = pairs.length;
  if (n === 0) return inconclusive('one_sided', 'No question was measured on both colors.');
  const isRefused = (share: number): boolean => share >= REFUSED;
  const refused = (color: 'from' | 'to'): number => pairs.filter((pair) => isRefused(pair[color])).length;
  const [from, to] = [refused('from'), refused('to')];
  const flips = questions.flipsOf(pairs, isRefused);
  const sentence =
    `${to} of ${n} questions are refused by ${input.to} (${percent(to / n)}), ${from} by ${input.from}; ` +
    `${flips.worse.length} newly refused, ${flips.better.length} answered again.`;
  const facts: Facts = {
    from: { n, value: from / n },
    to: { n, value: to / n },
    threshold: { pass: null, block: null, source: `half of a question's runs` },
    power: { required: questions.MIN_QUESTIONS, actual: n, deff: null },
    offenders: questions.worstPairs(flips.worse, 1, () => 'newly refused'),
  };
  if (isRefused(from / n)) return sickBaseline(`${input.from} itself refuses. ${sentence}`, facts);
  const chance = mcnemarExact(flips.worse.length, flips.better.length);
  if (chance <= lookLevels(input.look).fail) return fail('newly_refused', sentence, facts);
  if (!questions.fewBroken(flips, n)) {
    return inconclusive('some_newly_refused', `Several questions are newly refused. ${sentence}`, facts);
  }
  return questions.notEnoughToPass(paired, window, facts) ?? atEnd(input.look, pass(sentence, facts));
}
