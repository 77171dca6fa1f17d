/**
 * How many lost questions a probe set could show: the tests of the probe gates, turned around.
 * Invariant: the rules' own functions at the level of a hold's end; only what a lost question looks like is stated here.
 */
import type { GateSettings } from '../gate.ts';
import { fewestTold, mcnemarExact, pairedMeanInterval } from '../stats/index.ts';

/** Coverage of a question that is answered, and of one whose section is lost. */
const KEPT = 0.95;
const LOST = 0;
/** Questions of a topic that is judged by itself. */
const TOPIC_PROBES = 5;

export interface TopicSight {
  readonly topic: string;
  readonly questions: number;
  /** Fewest of its questions that fail the gate when their sections are lost and all else is as before; null: not even all of them. */
  readonly coverage: number | null;
  /** The same, when their text moves from well under `deltaS.block` to over it. */
  readonly deltaS: number | null;
}

export interface ProbeSight {
  readonly questions: number;
  /** Of them, asked for whole answers. */
  readonly answered: number;
  /** Fewest questions of those answered, lost on `to` only; null: not even all. */
  readonly lambda: number | null;
  /** The smallest topic first. */
  readonly topics: readonly TopicSight[];
}

/**
 * @param topics questions of each topic
 * @param answered questions that are asked for whole answers: λ judges no others
 * @param level of a FAIL at the end of a hold
 */
export function probeSight(
  { topics, answered }: { readonly topics: ReadonlyMap<string, number>; readonly answered: number },
  settings: Pick<GateSettings, 'coverage' | 'lambda'>,
  level: number,
): ProbeSight {
  const questions = [...topics.values()].reduce((sum, n) => sum + n, 0);
  const judged = [...topics.values()].filter((n) => n >= TOPIC_PROBES).length;
  const fewest = (n: number, isSeen: (lost: number) => boolean): number | null => {
    for (let lost = 1; lost <= n; lost += 1) if (isSeen(lost)) return lost;
    return null;
  };
  return {
    questions,
    answered,
    lambda: answered === 0 ? null : fewestTold(answered, settings.lambda.rebuild, level),
    topics: [...topics]
      .map(([topic, n]) => ({
        topic,
        questions: n,
        coverage: fewest(n, (lost) => isUncovered(lost, { n, judged, questions }, settings.coverage, level)),
        deltaS: fewest(n, (lost) => mcnemarExact(lost, 0) <= level / 2),
      }))
      .toSorted((a, b) => a.questions - b.questions || (a.topic < b.topic ? -1 : 1)),
  };
}

/** Newly critical beyond chance, the mean of the topic, or the mean drop: as the gate shares its level out. */
function isUncovered(
  lost: number,
  { n, judged, questions }: { readonly n: number; readonly judged: number; readonly questions: number },
  { mean, pairedDrop }: GateSettings['coverage'],
  level: number,
): boolean {
  if (mcnemarExact(lost, 0) <= level / 2) return true;
  const values = (of: number, first: number, others: number): number[] =>
    Array.from({ length: of }, (_, i) => (i < lost ? first : others));
  const drop = pairedMeanInterval(values(questions, KEPT - LOST, 0), { alpha: level / 8 });
  if (drop.lower > pairedDrop) return true;
  if (n < TOPIC_PROBES) return false;
  return pairedMeanInterval(values(n, LOST, KEPT), { alpha: level / 8 / judged }).upper < mean;
}
