/**
 * Runs cells of the grid against both colors: interleaved ABBA, bounded concurrency, one round after the other; a
 * round is embedded and scored after it was sent, so latencies are not disturbed.
 *
 * Invariant: runs come out a whole round at a time. A caller that keeps them and hands them back as `resumeFrom`
 * after a crash repeats at most the round that was under way.
 */
import type { Color } from '../domain/color.ts';
import type { Probe, ProbeRun, ProbeSet } from '../domain/probe.ts';
import type { PlannedCell } from '../domain/probes/rounds.ts';
import { interleave } from '../domain/probes/rounds.ts';
import type { Embedder } from './embed/embedder.ts';
import type { SentCell } from './score.ts';
import { scoreRuns } from './score.ts';
import type { Sender } from './sender.ts';

export interface GridProgress {
  readonly phase: 'sending' | 'embedding';
  readonly round: number;
  /** Requests (or texts) done and planned in this phase of this round. */
  readonly done: number;
  readonly total: number;
  /** Rounds finished, those of `resumeFrom` included. */
  readonly roundsDone: number;
  readonly rounds: number;
}

export interface RunCellsOptions {
  readonly cells: readonly PlannedCell[];
  readonly colors: readonly Color[];
  readonly probeSet: ProbeSet;
  readonly sender: Sender;
  readonly embedder: Embedder;
  /** Requests in flight at once, per color. */
  readonly concurrency: number;
  /** Called after each request and each batch of texts: the place for a heartbeat. */
  readonly onProgress?: (progress: GridProgress) => void;
  /** Called with the runs of each finished round: the place to keep them. */
  readonly onRound?: (runs: readonly ProbeRun[], round: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Runs of rounds that an earlier attempt finished; they are not sent again. */
  readonly resumeFrom?: readonly ProbeRun[];
}

const keyOf = (cell: PlannedCell, color: Color): string =>
  `${cell.round}/${color}/${cell.probeId}/${cell.paraphrase}/${cell.seed}`;

/** Works off `jobs` with `width` workers; the first rejection stops all of them. */
async function pooled<T>(
  jobs: readonly T[],
  width: number,
  work: (job: T, i: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let stopped = false;
  const worker = async (): Promise<void> => {
    while (!stopped && next < jobs.length) {
      const i = next;
      next += 1;
      try {
        await work(jobs[i] as T, i);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
}

/**
 * Sends `cells` to all `colors` and scores the answers.
 * @returns the runs of `resumeFrom` that belong to `cells`, then the new ones in sending order.
 * @throws the signal's reason on abort; EmbedderError when the judge's embedder fails.
 */
export async function runCells(options: RunCellsOptions): Promise<ProbeRun[]> {
  const { cells, colors, probeSet, sender, embedder, signal, onProgress } = options;
  const probes = new Map(probeSet.probes.map((probe) => [probe.id, probe]));
  const known = new Map((options.resumeFrom ?? []).map((run) => [keyOf(run, run.color), run]));
  const width = Math.max(1, Math.floor(options.concurrency)) * colors.length;
  const numbers = [...new Set(cells.map((cell) => cell.round))].sort((a, b) => a - b);
  const out: ProbeRun[] = [];
  for (const [roundsDone, round] of numbers.entries()) {
    signal?.throwIfAborted();
    const all = interleave(
      cells.filter((cell) => cell.round === round),
      colors,
    );
    const kept = all.flatMap(({ cell, color }) => known.get(keyOf(cell, color)) ?? []);
    if (kept.length === all.length) {
      out.push(...kept);
      continue;
    }
    const report = (phase: GridProgress['phase'], done: number, total: number): void =>
      onProgress?.({ phase, round, done, total, roundsDone, rounds: numbers.length });
    const sent: SentCell[] = [];
    let done = 0;
    await pooled(all, width, async ({ cell, color }, i) => {
      sent[i] = { ...(await sender.send(probeOf(probes, cell.probeId), cell, color, signal)), cell };
      done += 1;
      report('sending', done, all.length);
    });
    const runs = await scoreRuns(sent, {
      set: probeSet,
      embedder,
      ...(signal === undefined ? {} : { signal }),
      onEmbedded: (n, total) => report('embedding', n, total),
    });
    await options.onRound?.(runs, round);
    out.push(...runs);
  }
  return out;
}

function probeOf(probes: ReadonlyMap<string, Probe>, id: string): Probe {
  const probe = probes.get(id);
  if (probe === undefined) throw new RangeError(`probe ${id} is not in the set`);
  return probe;
}
