/**
 * Probe runs without a service: what the probe runner would have measured, drawn from a seed.
 * Numbers are those measured on a real corpus (raw ΔS .439 for a good
 * retriever, .535 for a skewed one; a near-miss keeps ΔS and loses coverage).
 * Invariant: a cell's result depends on the seed, the color and the cell alone, never on the order of asking; the
 * difficulty of a question is the same on both colors, because it is the question's.
 */
import type { Color } from '../../domain/color.ts';
import type { Calibration } from '../../domain/look-input.ts';
import type { AnswerIdentity } from '../../domain/identity.ts';
import type { ProbeCell, ProbeRun } from '../../domain/probe.ts';
import type { Fault } from './faults.ts';
import { randomOf } from './random.ts';

/** Scale of the simulated ΔS values. */
export const SIMULATED_CALIBRATION: Calibration = {
  embedderId: 'simulated',
  corpusHash: 'simulated',
  goldHash: 'simulated',
  k: 5,
  windowWords: 180,
  mPos: 0.401,
  mNeg: 0.53,
  auc: 0.98,
  tPass: 0.4655,
  tBlock: 0.53,
};

export interface GridOptions {
  readonly round: number;
  /** Epoch ms of the first request; the others follow 50 ms apart. */
  readonly sentAtMs: number;
  readonly identity: AnswerIdentity;
}

/**
 * Answers a grid of probes for one color.
 * @param faults of this color; pass none for a healthy one.
 */
export function simulateGrid(
  color: Color,
  cells: readonly ProbeCell[],
  faults: readonly Fault[],
  seed: number,
  options: GridOptions,
): ProbeRun[] {
  return cells.map((cell, index) => simulateProbe(color, cell, faults, seed, options, index));
}

function simulateProbe(
  color: Color,
  cell: ProbeCell,
  faults: readonly Fault[],
  seed: number,
  { round, sentAtMs, identity }: GridOptions,
  index: number,
): ProbeRun {
  const ofQuestion = randomOf(seed, 'question', cell.probeId);
  const ofRun = randomOf(seed, color, cell.probeId, cell.paraphrase, cell.seed, round);
  const has = (fault: Fault): boolean => faults.includes(fault);
  const difficulty = 0.02 * ofQuestion.normal();
  const skewed = has('bad-index') ? 0.11 : 0;
  const missed = has('near-miss') && randomOf(seed, 'near-miss', cell.probeId).chance(0.9);
  const cold = has('cold-only') && ofRun.chance(0.3);
  const slow = has('slow-tail') && ofRun.chance(0.1);
  const failed = has('new-error-class') && ofRun.chance(0.03);
  const tfinal = 180 * Math.exp(0.2 * ofRun.normal()) * (slow ? 3 : 1) + (cold ? 2500 : 0);
  const section = missed ? `${cell.probeId}-neighbour` : `${cell.probeId}-target`;
  return {
    ...cell,
    color,
    round,
    sentAtMs: sentAtMs + index * 50,
    error: failed ? 'body:truncated' : null,
    violations: has('schema-break') && ofRun.chance(0.05) ? ['required:/citations'] : [],
    answerClass: failed ? 'empty' : 'answer',
    ...(failed ? {} : { unmet: [] }),
    sectionIds: failed ? [] : has('bad-index') ? [`other-${Math.floor(ofRun.next() * 50)}`] : [section],
    sectionsFrom: 'cited',
    deltaS: failed ? null : 0.43 + difficulty + skewed + 0.004 * ofRun.normal(),
    deltaSControl: failed ? null : 0.53 + 0.01 * ofRun.normal(),
    coverage: failed ? null : missed || has('bad-index') ? 0.05 : clamp(0.86 + 0.05 * ofQuestion.normal()),
    identity: has('bad-index') ? { ...identity, INDEX_HASH: 'sha256:other' } : identity,
    cold,
    latencyMs: failed ? null : { tffb: tfinal * 0.2, tusable: tfinal * 0.4, tfinal },
  };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
