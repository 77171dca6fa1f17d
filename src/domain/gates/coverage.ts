/**
 * Coverage: does what `to` delivers still hold the sections that answer the questions? The gate that sees near misses.
 * Invariant: a FAIL is either far from the limit beyond chance or paired evidence against `from`, so that two equal
 * builds near the limit do not fail each other.
 */
import type { LookInput } from '../look-input.ts';
import { mcnemarExact, mean, pairedMeanInterval } from '../stats/index.ts';
import { GRID_CELLS } from '../probes/rounds.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import * as questions from './questions.ts';
import {
  atEnd,
  fail,
  fixed,
  inconclusive,
  pass,
  percent,
  sickBaseline,
  type Facts,
  type Ruling,
} from './ruling.ts';

/** Probes a topic needs to be judged by itself. */
const TOPIC_PROBES = 5;

export const coverage: Gate = {
  name: 'coverage',
  asks: 'are the sections that answer still delivered?',
  fails:
    'newly critical (< `critical`) beyond chance; mean < `mean` or paired drop > `pairedDrop` beyond chance; share < `blockShare` with paired evidence; a topic of ≥ 5 probes under `mean` beyond chance that `from` covers',
  passes: 'mean, share ≥ `share`, each topic of ≥ 5 probes ≥ `mean`, drop excluded',
  remedy:
    'Coverage dropped: check chunk size, top-k and reranker; the right sections are no longer delivered.',
  roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
  needs: ['probes'],
  rounds: GRID_CELLS,
  settings: {
    'coverage.mean': {
      kind: 'share',
      default: 0.7,
      stricter: 'higher',
      says: 'Least mean coverage.',
      why: 'the playbook’s coverage',
    },
    'coverage.share': {
      kind: 'share',
      default: 0.9,
      stricter: 'higher',
      must: { be: 'greater', than: 'coverage.blockShare', because: 'larger is better for coverage' },
      says: 'Least share of probes that reach the mean limit.',
      why: 'nine in ten probes reach the mean limit',
    },
    'coverage.blockShare': {
      kind: 'share',
      default: 0.8,
      stricter: 'higher',
      says: 'A share under this fails.',
      why: 'below this the index is broken for whole topics',
    },
    'coverage.pairedDrop': {
      kind: 'share',
      default: 0.1,
      stricter: 'lower',
      says: 'Largest mean drop against `from`.',
      why: 'the least drop that a 50-question set can show',
    },
    'coverage.critical': {
      kind: 'share',
      default: 0.6,
      stricter: 'higher',
      says: 'A probe under this is critical.',
      why: 'a probe under this lost its section',
    },
  },
  block: 'Share of the gold text that the retrieved text holds.',
  rule: judgeCoverage,
};

function judgeCoverage(input: LookInput): Ruling {
  const window = input.probes;
  if (window === null) return inconclusive('no_data', 'No probes were sent.');
  const paired = questions.pairsOf(input, window, (run) => run.coverage);
  const missing = questions.questionsMissing(input, paired);
  if (missing !== null) return missing;
  const { pairs } = paired;
  if (pairs.length === 0) return inconclusive('one_sided', 'No question was measured on both colors.');

  const { mean: limit, share: wanted, blockShare, pairedDrop, critical } = input.settings.coverage;
  const levels = lookLevels(input.look);
  // Newly critical is the strongest detector and gets half of the level; the other four share the rest.
  const alpha = { critical: levels.fail / 2, other: levels.fail / 8 };
  const n = pairs.length;
  const from = armOf(pairs, 'from', limit, alpha.other);
  const to = armOf(pairs, 'to', limit, alpha.other);
  const flips = questions.flipsOf(pairs, (value) => value < critical);
  const uncovered = questions.flipsOf(pairs, (value) => value < limit);
  const drop = questions.differences(pairs, -1);
  const atFail = pairedMeanInterval(drop, { alpha: alpha.other });
  const atPass = pairedMeanInterval(drop, { alpha: levels.pass });
  const sentence =
    `Coverage mean ${to.mean.toFixed(3)} against ${from.mean.toFixed(3)}, ${percent(to.share)} of ${n} questions covered; ` +
    `mean drop ${fixed(atPass.estimate)}, at most ${fixed(atPass.upper)}; ` +
    `${flips.worse.length} newly critical, ${flips.better.length} fixed.`;
  const offenders = questions.worstPairs(flips.worse, -1, () => 'newly critical');
  const facts: Facts = {
    from: { n, value: from.mean, ci: from.ci },
    to: { n, value: to.mean, ci: to.ci },
    effect: {
      kind: 'paired',
      estimate: atPass.estimate,
      lower: atFail.lower,
      upper: atPass.upper,
      alpha: levels.fail,
      method: 'paired mean drop with t bounds; exact McNemar on newly critical and newly uncovered',
    },
    threshold: { pass: limit, block: blockShare, source: 'settings.coverage' },
    power: { required: questions.MIN_QUESTIONS, actual: n, deff: null },
    offenders,
  };

  if (from.ci[1] < limit || from.share < blockShare) {
    return sickBaseline(`${input.from} itself misses the limits. ${sentence}`, facts);
  }
  if (mcnemarExact(flips.worse.length, flips.better.length) <= alpha.critical) {
    return fail('coverage_newly_critical', sentence, facts);
  }
  const dropped = questions.worstPairs(pairs, -1, (pair) => `fell by ${(pair.from - pair.to).toFixed(2)}`);
  if (to.ci[1] < limit) return fail('coverage_mean', sentence, { ...facts, offenders: dropped });
  if (atFail.lower > pairedDrop)
    return fail('coverage_paired_drop', sentence, { ...facts, offenders: dropped });
  if (to.share < blockShare && mcnemarExact(uncovered.worse.length, uncovered.better.length) <= alpha.other) {
    return fail('coverage_share', sentence, { ...facts, offenders: dropped });
  }

  const topics = topicsOf(pairs);
  const lost = topics.find(({ from: before, to: now }) => {
    const { upper } = pairedMeanInterval(now, { alpha: alpha.other / topics.length });
    return upper < limit && mean(before) >= limit;
  });
  if (lost !== undefined) {
    const text = `Topic ${lost.topic} fell to ${mean(lost.to).toFixed(2)} from ${mean(lost.from).toFixed(2)}. ${sentence}`;
    const ofTopic = dropped.filter(({ id }) => lost.ids.includes(id));
    return fail('coverage_topic', text, { ...facts, offenders: ofTopic });
  }

  if (to.mean < limit)
    return inconclusive('coverage_mean_low', `The mean is under ${limit}. ${sentence}`, facts);
  if (to.share < wanted) {
    return inconclusive('coverage_share_low', `${percent(wanted, 0)} must be covered. ${sentence}`, facts);
  }
  const low = topics.filter((topic) => mean(topic.to) < limit);
  if (low.length > 0) {
    const names = low.map((topic) => `${topic.topic} ${mean(topic.to).toFixed(2)}`).join(', ');
    return inconclusive('coverage_topic_low', `Topics under ${limit}: ${names}. ${sentence}`, facts);
  }
  if (!questions.fewBroken(flips, n)) {
    return inconclusive('coverage_some_critical', `Several questions lost their section. ${sentence}`, facts);
  }
  if (!(atPass.upper <= pairedDrop)) {
    return inconclusive('coverage_drop_not_excluded', `A drop is not excluded. ${sentence}`, facts);
  }
  return questions.notEnoughToPass(paired, window, facts) ?? atEnd(input.look, pass(sentence, facts));
}

interface CoverageArm {
  readonly mean: number;
  /** Share of questions with coverage at or over the limit. */
  readonly share: number;
  readonly ci: readonly [number, number];
}

function armOf(
  pairs: readonly questions.Pair[],
  color: 'from' | 'to',
  limit: number,
  alpha: number,
): CoverageArm {
  const values = pairs.map((pair) => pair[color]);
  const { estimate, lower, upper } = pairedMeanInterval(values, { alpha });
  const covered = values.filter((value) => value >= limit).length;
  return { mean: estimate, share: covered / values.length, ci: [lower, upper] };
}

interface Topic {
  readonly topic: string;
  readonly ids: readonly string[];
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Topics with enough probes to be judged by themselves, the worst on `to` first. */
function topicsOf(pairs: readonly questions.Pair[]): Topic[] {
  return [...new Set(pairs.map(({ topic }) => topic))]
    .map((topic): Topic => {
      const own = pairs.filter((pair) => pair.topic === topic);
      return {
        topic,
        ids: own.map(({ id }) => id),
        from: own.map(({ from }) => from),
        to: own.map(({ to }) => to),
      };
    })
    .filter(({ to }) => to.length >= TOPIC_PROBES)
    .sort((a, b) => mean(a.to) - mean(b.to) || (a.topic < b.topic ? -1 : 1));
}
