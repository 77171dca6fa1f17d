/** Probes of a hold: each look sends its share of the grid, and what was answered is kept by digest. */
import { redact } from '../domain/redact.ts';
import { COLORS } from '../domain/color.ts';
import { EvidenceGoneError } from '../domain/errors.ts';
import { gatesThatNeed, isNeeded } from '../domain/gate.ts';
import type { LookInput } from '../domain/look-input.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { GRID_CELLS } from '../domain/probes/rounds.ts';
import type { WatchInput } from './api.ts';
import { signal } from './attempt.ts';
import type { World } from './world.ts';
import { roundRuns } from '../evidence/looks.ts';
import type { Prober } from '../probes/prober.ts';
import { askAgain } from '../probes/window.ts';

/** Looks of a sliding window that are kept at least: as many rounds make a full grid. */
const FULL_GRID_LOOKS = 6;

/** Answers of one round, by evidence digest, and the look that asked for them. */
export interface StoredRuns {
  readonly digest: string;
  readonly look: number;
}

export interface Probing {
  readonly runs: readonly StoredRuns[];
  readonly roundsDone: number;
}

export interface Probed extends Probing {
  readonly judgeErrors: LookInput['judgeErrors'];
}

/**
 * Sends this look's share of the probe grid; finished rounds are stored, so a lost worker repeats one at most.
 * @param onProgress called while rounds are under way, with what is safe so far
 */
export async function probe(
  world: World,
  input: WatchInput,
  index: number,
  before: Probing,
  onProgress: (safe: Probing, sent: { readonly done: number; readonly total: number }) => void,
): Promise<Probed> {
  if (input.rounds === 0) return { ...before, judgeErrors: [] };
  const evidence = await world.port('evidence', input.targets);
  const runs = before.runs.filter(({ look }) => look > index - keptLooks(input));
  const { target, start } = roundsOf(input, index);
  // A hold makes up for rounds it missed; a sliding window has lost them.
  let roundsDone = Math.max(before.roundsDone, input.windowMs === null ? 0 : start);
  try {
    const prober = await world.prober(input.targets, input.probes);
    while (roundsDone < target) {
      const cells = prober.round(roundsDone);
      const total = cells.length * COLORS.length * (target - start);
      const sentBefore = total - cells.length * COLORS.length * (target - roundsDone);
      const done: readonly ProbeRun[] = await prober.run(cells, {
        colors: COLORS,
        round: roundsDone,
        signal: signal(),
        onProgress: (sent) => onProgress({ runs, roundsDone }, { done: sentBefore + sent, total }),
      });
      runs.push({ digest: await evidence.put(done), look: index });
      roundsDone += 1;
      onProgress({ runs: [...runs], roundsDone }, { done: sentBefore + done.length, total });
    }
    const confirming = await rerun(world, input, { prober, runs, roundsDone });
    if (confirming !== null) runs.push({ digest: confirming, look: index });
    return { runs, roundsDone, judgeErrors: [] };
  } catch (cause) {
    signal().throwIfAborted();
    if (cause instanceof EvidenceGoneError) throw cause;
    const message = `probes could not be judged: ${redact(cause instanceof Error ? cause.message : String(cause))}`;
    return { runs, roundsDone, judgeErrors: [{ gates: gatesThatNeed('probes'), message }] };
  }
}

/** Rounds due at a look: so many each in a hold, and one full grid in each window that slides, since waits can be long. */
function roundsOf(input: WatchInput, index: number): { readonly start: number; readonly target: number } {
  if (input.windowMs === null) {
    const target = index * input.rounds;
    return { start: target - input.rounds, target };
  }
  const due = (look: number): number => Math.ceil((look * FULL_GRID_LOOKS) / keptLooks(input));
  return { start: due(index - 1), target: due(index) };
}

/** Looks whose answers count: of a sliding window those within it. */
function keptLooks({ windowMs, everyMs }: WatchInput): number {
  if (windowMs === null) return Number.POSITIVE_INFINITY;
  return Math.max(FULL_GRID_LOOKS, Math.ceil(windowMs / Math.max(1, everyMs)));
}

/** What must be confirmed is asked again behind each whole grid; the digest of its answers. */
async function rerun(
  world: World,
  input: WatchInput,
  { prober, runs, roundsDone }: { prober: Prober; runs: readonly StoredRuns[]; roundsDone: number },
): Promise<string | null> {
  if (roundsDone % GRID_CELLS !== 0 || !isNeeded(input.gates, 'reruns')) return null;
  const soFar = await allRuns(world, input, runs);
  const confirming = await askAgain(prober, input.probes, {
    runs: soFar.runs,
    round: roundsDone - 1,
    signal: signal(),
  });
  if (confirming.length === 0) return null;
  return (await world.port('evidence', input.targets)).put(confirming);
}

/** What was answered so far, and the digests that it stands under. */
export interface Answered {
  readonly runs: readonly ProbeRun[];
  readonly rounds: readonly string[];
}

/** Without the texts: nothing is judged by them. A sliding window does without what its store lost; a hold cannot, and begins anew. */
export async function allRuns(
  world: World,
  input: WatchInput,
  stored: readonly StoredRuns[],
): Promise<Answered> {
  const evidence = await world.port('evidence', input.targets);
  const found = await Promise.all(
    stored.map(async ({ digest }) => {
      try {
        return { digest, runs: await roundRuns(evidence, digest) };
      } catch (cause) {
        if (cause instanceof EvidenceGoneError && input.windowMs !== null) return null;
        throw cause;
      }
    }),
  );
  const there = found.filter((one) => one !== null);
  return { runs: there.flatMap(({ runs }) => runs), rounds: there.map(({ digest }) => digest) };
}
