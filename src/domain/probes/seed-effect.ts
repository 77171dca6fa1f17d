/**
 * Does the seed of a probe change what the service answers? Hosted models ignore it more or less; then two seeds are two
 * tries of the same thing, and λ across seeds says nothing.
 */
import type { ProbeRun } from '../probe.ts';

/** Pairs of runs needed before a difference between two rates means anything. */
const MIN_PAIRS = 50;
/** Two seeds must differ this much more often than two tries of one seed, as a share of the pairs. */
const MARGIN = 0.05;

/**
 * Compares answers of the two seeds with answers of repeated cells (a second grid sends every cell again).
 * @returns false when the seeds agree throughout, or no less than repeats do; null until there are enough repeats to tell.
 */
export function seedEffect(runs: readonly ProbeRun[]): boolean | null {
  const cells = new Map<string, Map<number, string[]>>();
  for (const run of runs) {
    if (run.error !== null) continue;
    const key = `${run.color}/${run.probeId}/${run.paraphrase}`;
    const seeds = cells.get(key) ?? new Map<number, string[]>();
    seeds.set(run.seed, [...(seeds.get(run.seed) ?? []), `${run.answerClass} ${run.sectionIds.join(' ')}`]);
    cells.set(key, seeds);
  }
  const across = { pairs: 0, different: 0 };
  const within = { pairs: 0, different: 0 };
  for (const seeds of cells.values()) {
    const [a, b] = [...seeds.values()];
    if (a !== undefined && b !== undefined) count(across, a[0], b[0]);
    for (const answers of seeds.values()) if (answers.length > 1) count(within, answers[0], answers[1]);
  }
  if (across.pairs < MIN_PAIRS) return null;
  if (across.different === 0) return false;
  if (within.pairs < MIN_PAIRS) return null;
  return across.different / across.pairs > within.different / within.pairs + MARGIN;
}

function count(tally: { pairs: number; different: number }, a?: string, b?: string): void {
  tally.pairs += 1;
  if (a !== b) tally.different += 1;
}
