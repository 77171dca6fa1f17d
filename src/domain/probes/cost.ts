/**
 * What the probes of a switch ask of the service: requests, time and money.
 * Invariant: requests are counted as the engine sends them, at the plan's own lengths; a price and an answer time are stated or
 * measured, never made up.
 */
import { bucketMs, quantileBucket, usualOf, type TrafficBlocks } from '../clusters/index.ts';
import { roughDuration } from '../duration.ts';
import { holdsAhead, type PlannedHold } from '../holds-ahead.ts';
import type { Plan } from '../plan.ts';
import { GRID_CELLS } from './rounds.ts';

export interface HoldProbes extends PlannedHold {
  /** Answers of each color in the whole hold. */
  readonly answersPerColor: number;
  /** Longest time of one answer at which the probes of a look are done by the next one, ms; null where nothing waits for them. */
  readonly fitsMs: number | null;
  /** How long the probes of one look take, ms; null while neither an answer time nor a rate is known. */
  readonly lookMs: number | null;
}

export interface ProbeCost {
  readonly questions: number;
  /** Of them, asked for whole answers. */
  readonly answered: number;
  /** In flight at once, per color. */
  readonly concurrency: number;
  /** Time of one answer, ms; null: not known. */
  readonly answerMs: number | null;
  readonly holds: readonly HoldProbes[];
  /** Answers of both colors from shadow to the last hold, without extensions, restarts and waits. */
  readonly answers: number;
  /** Answers of both colors in each `everyMs` of a wait while users are on `to`. */
  readonly waiting: { readonly answers: number; readonly everyMs: number };
  /** Requests of both colors, in the same time, for retrieved text only: answers that are saved. */
  readonly retrievals: number;
  /** Of `answers`, in the currency that the plan means; null without a price. */
  readonly price: number | null;
}

const COLORS = 2;

/**
 * Requests for retrieved text only are counted, and take no time here: they are over while the answers are generated.
 * @param asked questions of the set, and those of them that are asked for whole answers
 * @param answerMs measured time of one answer; null: what the plan says, if it does
 */
export function probeCost(
  plan: Plan,
  { questions, answered }: Pick<ProbeCost, 'questions' | 'answered'>,
  answerMs: number | null,
): ProbeCost {
  const { concurrency, costPerAnswer, rate } = plan.probes;
  const known = answerMs ?? plan.probes.answerTimeMs ?? null;
  const holds = holdsAhead(plan).map((hold): HoldProbes => {
    const perLook = hold.rounds * answered;
    // Answers that a color gives one after the other.
    const inTurn = Math.ceil(perLook / concurrency);
    const paceMs = rate === undefined ? 0 : (hold.rounds * questions * 1000) / rate;
    return {
      ...hold,
      answersPerColor: perLook * hold.looks,
      fitsMs: hold.forMs === 0 || inTurn === 0 ? null : hold.forMs / hold.looks / inTurn,
      lookMs: known === null && rate === undefined ? null : Math.max(inTurn * (known ?? 0), paceMs),
    };
  });
  const answers = COLORS * holds.reduce((sum, { answersPerColor }) => sum + answersPerColor, 0);
  const rounds = holds.reduce((sum, { rounds: each, looks }) => sum + each * looks, 0);
  return {
    questions,
    answered,
    concurrency,
    answerMs: known,
    holds,
    answers,
    retrievals: COLORS * rounds * (questions - answered),
    waiting: { answers: COLORS * GRID_CELLS * answered, everyMs: plan.hold.forMs },
    price: costPerAnswer === undefined ? null : answers * costPerAnswer,
  };
}

/** Holds whose probes are not done when the next look is due. */
export function unfitting({ holds }: ProbeCost): readonly HoldProbes[] {
  return holds.filter(
    ({ fitsMs, lookMs, forMs, looks }) => fitsMs !== null && lookMs !== null && lookMs > forMs / looks,
  );
}

/** What mends it. */
export const UNFITTING_FIX = 'raise probes.concurrency, lengthen the hold or ask fewer questions';

/** The same in words, for each such hold: `do not fit canary 1 %: …`. */
export function unfittingSaid(cost: ProbeCost): string[] {
  return unfitting(cost).map(
    ({ step, forMs, looks, lookMs }) =>
      `do not fit ${step}: those of a look take ${roughDuration(lookMs ?? 0)}, and the next is due after ${roughDuration(forMs / looks)}`,
  );
}

/** Median of users' warm answers, ms: probes ask like them, as a rule past the cache. Null where the days tell none. */
export function usualAnswerMs(days: readonly TrafficBlocks[]): number | null {
  const latencies = usualOf(days)?.latencies;
  const bucket = latencies === undefined ? null : quantileBucket(latencies, 0.5);
  return bucket === null ? null : bucketMs(bucket);
}
