/**
 * What the gates could see and what the probes cost, in words: for the preview, `probes lint` and `doctor`.
 * Invariant: whatever is assumed is said to be; a fault that is not seen is named, and what would show it where something does.
 */
import { withoutUsersSaid } from '../domain/asked-gates.ts';
import { formatDuration, roughDuration } from '../domain/duration.ts';
import type { ProbeSight } from '../domain/gates/probe-sight.ts';
import { shortPercent } from '../domain/gates/ruling.ts';
import { UNFITTING_FIX, unfittingSaid, type ProbeCost } from '../domain/probes/cost.ts';
import type { HoldSeen, PartSeen, PlanSight } from './sight.ts';

/** A tenth of a topic is what people fear to lose unseen. */
const TENTH = 0.1;

/**
 * A head and a line for each hold: faults that stand from its start on, and are seen in four of five such holds.
 * @param source where the traffic was read; or why it was not
 */
export function sightLines(sight: PlanSight, source: string): string[] {
  return [
    trafficLine(sight, source),
    ...(sight.countedBy === null ? [] : [`${withoutUsersSaid(sight.countedBy)}.`]),
    ...sight.holds.map((hold) => `${hold.step}, ${holdLine(hold, sight)}`),
  ];
}

/** Which traffic is taken for usual. */
export function trafficLine(sight: PlanSight, source: string): string {
  const { assumed, requestsPerHour, requestsPerUser, errorRate } = sight;
  const hour = `${Math.round(requestsPerHour)} requests an hour`;
  const each = `${Number(requestsPerUser.toPrecision(2))} of each user`;
  const volume = `${hour}, ${each}${assumed.includes('users') && !assumed.includes('requests') ? ' (not told)' : ''}`;
  const usual = `${shortPercent(errorRate)} server errors`;
  const shape = 'p95 at 2.3 times the median';
  if (assumed.includes('requests')) return `Unknown traffic (${source}): for ${volume}, ${usual}, ${shape}.`;
  if (assumed.length === 0) return `${source}: ${volume}, ${usual}.`;
  return `${source}: ${volume}; errors and latencies are not told: for ${usual}, ${shape}.`;
}

/** Without the name of the hold. */
export function holdLine(hold: HoldSeen, sight: PlanSight): string {
  const { forMs, stage, windows, region, outageFrom } = hold;
  const head = `${formatDuration(forMs)}:`;
  const isAfter = stage === 'audit' || stage === 'hold';
  if (isAfter && (windows === null || windows.there < windows.wanted)) {
    return `${head} without a day of the old color users' traffic shows nothing but an outage.${dayText(hold)}`;
  }
  const parts = [
    latencyText(hold),
    errorsText(hold, sight),
    ...(region === null ? [] : [`in ${region.name} alone: ${partText(region)}`]),
    ...(outageFrom === null ? [] : [outageText(outageFrom, sight)]),
  ];
  return `${head} ${parts.join('; ')}.${dayText(hold)}${betterText(hold)}`;
}

const UNSEEN = 'not at this volume';

function latencyText({ after, ratio }: HoldSeen): string {
  if (ratio === null) return `p95 of users: ${UNSEEN}`;
  const half = after.half === null ? 'not' : `in ${roughDuration(after.half)}`;
  const double = after.double === null ? 'not' : `in ${roughDuration(after.double)}`;
  return `p95 × 1.5 ${half}, × 2 ${double} (from × ${ratio.toFixed(2)} on)`;
}

function errorsText({ after, errors }: HoldSeen, { errorRate }: PlanSight): string {
  const rise = `errors ${number(errorRate)} → 2 %`;
  if (errors === null) return `${rise}: ${UNSEEN}`;
  const seen = after.errors === null ? 'not' : `in ${roughDuration(after.errors)}`;
  return `${rise} ${seen} (from ${shortPercent(errors)} on)`;
}

function number(share: number): string {
  return shortPercent(share).replace(' %', '');
}

function partText({ ratio, errors }: PartSeen): string {
  if (ratio === null && errors === null) return UNSEEN;
  const slow = ratio === null ? 'p95 not' : `p95 from × ${ratio.toFixed(2)} on`;
  return `${slow}, errors ${errors === null ? 'not' : `from ${shortPercent(errors)} on`}`;
}

function outageText(from: number, { requestsPerHour }: PlanSight): string {
  const volume = `${Number(from.toPrecision(2))} requests an hour`;
  return requestsPerHour >= from
    ? `half of the requests failing: at the first look`
    : `half of the requests failing: not at the first look (from ${volume} on)`;
}

function dayText({ windows }: HoldSeen): string {
  if (windows === null) return '';
  const { there, wanted } = windows;
  const held = ` The day before holds ${there} windows as long as this`;
  return there >= wanted ? `${held}.` : `${held}; from ${wanted} on it counts.`;
}

function betterText({ better }: HoldSeen): string {
  if (better === null) return '';
  if (better === 'nothing') return ' No hold of up to 4h would show both.';
  if ('forMs' in better) return ` A hold of ${formatDuration(better.forMs)} would show both.`;
  return ` gates.clusters.block: ${formatDuration(better.blockMs)} would show both, where bad moments of one color are shorter.`;
}

/** What of a probe set may be lost before a gate fails. */
export function probeSightLines({ answered, lambda, topics }: ProbeSight): string[] {
  const [smallest] = topics;
  const largest = topics.at(-1);
  const shown = topics.length > 1 && smallest !== largest ? [smallest, largest] : [smallest];
  const told = shown.flatMap((topic) => {
    if (topic === undefined) return [];
    const { coverage, deltaS } = topic;
    const fewest = Math.min(coverage ?? Infinity, deltaS ?? Infinity);
    const tenth = fewest <= TENTH * topic.questions ? 'seen' : 'not';
    const seen = Number.isFinite(fewest)
      ? `${fewest} lost (${shortPercent(fewest / topic.questions)}) fail coverage or ΔS`
      : 'not even all of them lost fail coverage or ΔS';
    return [`topic ${topic.topic}, ${topic.questions} questions: ${seen}; a tenth of it: ${tenth}`];
  });
  const all =
    lambda === null
      ? `λ fails at no loss of ${answered} questions`
      : `λ fails from ${lambda} of ${answered} questions lost on (${shortPercent(lambda / answered)})`;
  return [`Probes: ${[...told, all].join('; ')}; one answer that breaks its schema on the new color fails.`];
}

/** Requests, time and money of the probes, and holds that they do not fit. */
export function probeCostLines(cost: ProbeCost): string[] {
  const { questions, answered, answers, waiting, answerMs, price, concurrency } = cost;
  const tightest = Math.min(...cost.holds.flatMap(({ fitsMs }) => fitsMs ?? []));
  const longest = Math.max(0, ...cost.holds.map(({ lookMs }) => lookMs ?? 0));
  const busy = cost.holds.reduce((sum, { looks, lookMs }) => sum + looks * (lookMs ?? 0), 0);
  const time =
    answerMs === null
      ? `they fit every hold while an answer takes ${seconds(tightest)} at most (probes.answerTime says how long it takes)`
      : `they keep both colors busy for ${roughDuration(busy)} in all, ${roughDuration(longest)} in the longest look (${seconds(answerMs)} an answer, ${concurrency} in flight on each color)`;
  const money = price === null ? '' : `, ${Number(price.toPrecision(3))} at ${price / answers} an answer`;
  return [
    `Probes ask ${answers} times, both colors together${money}, and ${waiting.answers} times more for every ${formatDuration(waiting.everyMs)} of waiting with users on the new color: ${answered} questions; ${time}.`,
    ...savedLines(cost, questions - answered),
    ...unfittingLines(cost),
  ];
}

/** What requests without generation save, or would. */
function savedLines(
  { retrievals, answers, answerMs, concurrency, price }: ProbeCost,
  without: number,
): string[] {
  if (without === 0) return [];
  const time =
    answerMs === null ? '' : `, ${roughDuration((retrievals / 2 / concurrency) * answerMs)} of each color`;
  const money = price === null ? '' : ` and ${Number(((price / answers) * retrievals).toPrecision(3))}`;
  return [
    `${without} questions more are asked for retrieved text only (probes.retrieval), ${retrievals} times: so many answers are saved${time}${money}.`,
  ];
}

/** One line for each hold whose probes are not done by its next look. */
export function unfittingLines(cost: ProbeCost): string[] {
  return unfittingSaid(cost).map((said) => `Probes ${said}; ${UNFITTING_FIX}.`);
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))}s`;
}
