/**
 * What was asked and answered, as gates are given it, and what is to be asked once more before they are. A hold and `cutover compare`
 * both come here, so a build is judged alike with and without a switch.
 */
import { COLORS } from '../domain/color.ts';
import { awaitingRerun } from '../domain/gates/lambda.ts';
import type { ProbeWindow } from '../domain/look-input.ts';
import type { ProbesPlan } from '../domain/plan.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { answeredIds } from '../domain/probes/answered.ts';
import { isAsserted } from '../domain/probes/asserted.ts';
import { fullGrid } from '../domain/probes/rounds.ts';
import { seedEffect } from '../domain/probes/seed-effect.ts';
import type { Prober } from './prober.ts';

/** Chaotic questions asked again at once; more than these fail λ by their number. */
const MAX_RERUNS = 10;

type Asked = Pick<ProbesPlan, 'retrieval' | 'scale'>;

export function windowOf(
  prober: Prober,
  { retrieval, scale }: Asked,
  runs: readonly ProbeRun[],
): ProbeWindow {
  const answered = answeredIds(prober.probes, retrieval?.answers ?? null, prober.setDigest);
  return {
    setDigest: prober.setDigest,
    corpusHash: prober.corpusHash,
    embedderId: prober.embedderId,
    calibration: scale === 'calibrated' ? prober.calibration : null,
    seedEffective: seedEffect(runs.filter(({ probeId }) => answered.has(probeId))),
    runs,
    probes: prober.probes.map((probe) => ({
      id: probe.id,
      topic: probe.topic,
      answerable: probe.answerable,
      targetSections: probe.targets.map((target) => target.section_id),
      ...(answered.has(probe.id) ? {} : { retrievalOnly: true as const }),
      ...(isAsserted(probe) ? { asserted: true as const } : {}),
    })),
  };
}

/**
 * Sends the whole grid of each chaotic question once more, so that a look can confirm it or clear it. To be called behind a whole grid.
 * @param round the last one
 * @returns none where no question is chaotic for the first time
 */
export async function askAgain(
  prober: Prober,
  asked: Asked,
  { runs, round, signal }: { runs: readonly ProbeRun[]; round: number; signal: AbortSignal },
): Promise<readonly ProbeRun[]> {
  const again = awaitingRerun(windowOf(prober, asked, runs), COLORS).slice(0, MAX_RERUNS);
  if (again.length === 0) return [];
  const done = await prober.run(fullGrid(again, prober.setDigest), {
    colors: COLORS,
    round,
    signal,
    onProgress: () => undefined,
  });
  return done.map((run): ProbeRun => ({ ...run, rerun: true }));
}
