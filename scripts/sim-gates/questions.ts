/**
 * Probe runs of a simulated service, with the two noises of reality: questions differ in difficulty (the same on both
 * colors), and runs of a question differ by paraphrase and seed.
 * Invariant: figures are those measured on a real corpus: a healthy blue is curated, a fifth of
 * its questions lie in the transitional band, one run in fifty cites another section.
 */
import type { Color } from '../../src/domain/color.ts';
import type { ProbeWindow } from '../../src/domain/look-input.ts';
import type { ProbeRun } from '../../src/domain/probe.ts';
import { planRounds } from '../../src/domain/probes/rounds.ts';
import { IDENTITY } from './input.ts';
import { normal, type Random } from './random.ts';

export interface Question {
  readonly id: string;
  readonly topic: string;
  /** Mean raw ΔS of a working retriever. */
  readonly deltaS: number;
  readonly coverage: number;
  /** Broken on `to`: routed to other sections. */
  readonly broken: boolean;
}

export interface ProbeSpread {
  /** Log-sd of probe latency. */
  readonly logSd: number;
  /** Ratio of `to`'s latency. */
  readonly slower: number;
}

/** A probe set of `n` questions of which `brokenShare` are broken on `to`. */
export function questionSet(random: Random, n: number, brokenShare = 0): Question[] {
  const broken = Math.round(n * brokenShare);
  const clamp = (value: number): number => Math.min(1, Math.max(0, value));
  return Array.from({ length: n }, (_, i) => ({
    id: `q${i}`,
    topic: `t${i % 8}`,
    deltaS: 0.4 + 0.05 * normal(random),
    coverage: clamp(0.93 + 0.06 * normal(random)),
    broken: i < broken,
  }));
}

export function windowProbes(questions: readonly Question[]): ProbeWindow['probes'] {
  return questions.map(({ id, topic }) => ({ id, topic, answerable: true, targetSections: [`${id}-gold`] }));
}

/** Runs of one round on one color. */
export function roundOf(
  random: Random,
  questions: readonly Question[],
  color: Color,
  round: number,
  spread: ProbeSpread,
): ProbeRun[] {
  const [plan] = planRounds(
    questions.map(({ id }) => id),
    1,
    'sim',
    round,
  );
  const byId = new Map(questions.map((question) => [question.id, question]));
  return (plan?.cells ?? []).flatMap((cell): ProbeRun[] => {
    const question = byId.get(cell.probeId);
    if (question === undefined) return [];
    const isBroken = question.broken && color === 'green';
    const misses = random.nextFloat() < 0.02;
    const tfinal = 180 * Math.exp(spread.logSd * normal(random)) * (color === 'green' ? spread.slower : 1);
    return [
      {
        // Field by field: a spread here makes objects that are slow to read.
        probeId: cell.probeId,
        paraphrase: cell.paraphrase,
        seed: cell.seed,
        color,
        round,
        sentAtMs: 1_700_000_000_000 + round * 300_000,
        error: null,
        violations: [],
        answerClass: 'answer',
        sectionIds: [isBroken || misses ? `${cell.probeId}-other` : `${cell.probeId}-gold`],
        sectionsFrom: 'cited',
        deltaS: question.deltaS + (isBroken ? 0.1 : 0) + 0.015 * normal(random),
        deltaSControl: 0.53 + 0.05 * normal(random),
        coverage: Math.min(
          1,
          Math.max(0, (isBroken || misses ? 0.1 : question.coverage) + 0.03 * normal(random)),
        ),
        identity: IDENTITY,
        cold: false,
        latencyMs: { tffb: tfinal * 0.2, tusable: tfinal, tfinal },
      },
    ];
  });
}
