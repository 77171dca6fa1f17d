/** What is behind a verdict, in words: sentences and cells of tables, of any length; a screen lays them out. */
import { factsOf } from '../domain/gate.ts';
import { formatDuration } from '../domain/duration.ts';
import type { GateClusters, GateRecord } from '../domain/gate-record.ts';
import { identityKey } from '../domain/identity.ts';
import type { LookInput } from '../domain/look-input.ts';
import type { ProbeRun } from '../domain/probe.ts';
import type { Behind, Measured, QuestionBehind } from './behind.ts';

/** The verdict on one line, without its mark and its reasons. */
export function verdictSaid({ gate, role, verdict, step, look }: GateRecord): string {
  const at = new Date(look.endedAtMs).toISOString();
  const when = `look ${look.index}${look.planned > 0 ? ` of ${look.planned}` : ''}, ${at.slice(11, 16)}Z`;
  return `${gate} (${role}): ${verdict} at ${step}, ${when}`;
}

/** Reasons and the rule's own sentence, its limits, and what decided beside questions and slices: a sentence each. */
export function behindSaid(input: LookInput, record: GateRecord, { others }: Behind): string[] {
  const { gate, reasonCodes, summary, threshold, series = [], arms } = record;
  const { from, to } = arms;
  const { needs = [] } = factsOf(gate);
  const limits = [
    ...(threshold.pass === null ? [] : [`passes at ${number(threshold.pass)}`]),
    ...(threshold.block === null ? [] : [`fails at ${number(threshold.block)}`]),
  ];
  const compared = series.map(({ name, from: a, to: b, effect }) => {
    const sides = `${name}: ${from.color} ${withBounds(a.value, a.ci)} of ${a.n}, ${to.color} ${withBounds(b.value, b.ci)} of ${b.n}`;
    return effect === null
      ? sides
      : `${sides}; ${effect.kind} ${withBounds(effect.estimate, [effect.lower, effect.upper])}`;
  });
  const failed = input.judgeErrors.filter(({ gates }) => gates.some((one) => one === gate));
  const replayed = needs.includes('replays') ? input.replays : [];
  const counted = [
    ...(needs.includes('queue') ? input.queues : []),
    ...(needs.includes('counters') ? input.counters : []),
  ];
  return [
    `${reasonCodes.join(', ')}: ${summary}`,
    ...(limits.length === 0 ? [] : [`limit: ${limits.join(', ')} (${threshold.source})`]),
    ...compared,
    ...(record.clusters === undefined ? [] : [clustersSaid(record.clusters, record)]),
    ...failed.map(({ message }) => message),
    ...replayed.map(
      ({ errorClass, onTo, onFrom, tries }) =>
        `${errorClass} sent again ${tries} times: came ${onTo} times on ${to.color}, ${onFrom} times on ${from.color}`,
    ),
    ...counted.map(({ color, ...counts }) => {
      const each = Object.entries(counts).map(([name, n]) => `${name} ${n ?? 'unknown'}`);
      return `${color}: ${each.join(', ')}`;
    }),
    ...others.map((one) => `${one.id}: ${one.why}${measured(one, record)}`),
  ];
}

function clustersSaid(
  { designEffect, users, effect, need, decidedBy, blocks, blockMs, stoppedBy, failedBy }: GateClusters,
  { arms: { from, to } }: GateRecord,
): string {
  const worth = (one: number | null): string => (one === null ? '–' : number(one));
  return [
    `scatter: ${worth(designEffect.to)} requests of ${to.color} tell as much as one independent, ${worth(designEffect.from)} of ${from.color}`,
    ...(users === null ? [] : [`${users.affected} of ${users.seen} users affected`]),
    `${blocks} blocks of ${formatDuration(Math.round(blockMs))}`,
    ...(effect === null || need === null
      ? []
      : [
          `effect ${number(effect)} of ${number(need)} needed${decidedBy === null ? '' : ` (by ${decidedBy})`}`,
        ]),
    ...(failedBy === null ? [] : [`failed by ${failedBy}`]),
    ...(stoppedBy.length === 0 ? [] : [`stopped by ${stoppedBy.join(', ')}`]),
  ].join('; ');
}

/** A question: what is wrong with it, what was asked, what was expected. */
export function questionSaid(
  one: QuestionBehind & { readonly question: string | null },
  record: GateRecord,
): string[] {
  const { id, topic, why, question, expected, pair } = one;
  return [
    `${id} (${topic}): ${why}${measured(one, record)}`,
    `asked: ${question ?? 'a text that is not known here'} (paraphrase ${pair.to.paraphrase + 1}, seed ${pair.to.seed})`,
    `expected: ${expected.length === 0 ? 'a refusal' : expected.join(', ')}`,
  ];
}

/**
 * What one color answered.
 * @param run null where that color was not asked
 * @param runs all of the question, for what a single answer cannot show
 */
export function answerSaid(run: ProbeRun | null, { gate }: GateRecord, runs: readonly ProbeRun[]): string[] {
  if (run === null) return ['was not asked'];
  if (run.error !== null) return [`error ${run.error}`];
  const { answerClass, coverage, deltaS, violations, sectionIds, sectionsFrom, identity, color } = run;
  const own = runs.filter((one) => one.color === color && one.error === null);
  const lists = new Set(own.map((one) => one.sectionIds.toSorted().join(' '))).size;
  return [
    [
      answerClass,
      ...(coverage === null ? [] : [`coverage ${number(coverage)}`]),
      ...(deltaS === null ? [] : [`raw ΔS ${number(deltaS)}`]),
    ].join(', '),
    ...(run.answer === undefined ? [] : [`“${run.answer}”`]),
    `${sectionsFrom}: ${sectionIds.length === 0 ? 'nothing' : sectionIds.join(', ')}`,
    ...(violations.length === 0 ? [] : [`breaks: ${violations.join(', ')}`]),
    ...(gate === 'identity' ? [`index: ${identityKey(identity)}`] : []),
    ...(gate === 'lambda' ? [`${lists} different lists in ${own.length} runs`] : []),
  ];
}

/** A title, the names of columns, and a row for each slice; empty where the gate does not look at users' traffic. */
export function sliceTable(
  { slices, measure, fromIsBaseline }: Behind,
  { arms: { from, to } }: GateRecord,
): readonly string[][] {
  if (measure === null || slices.length === 0) return [];
  const { says, unit } = measure;
  const shown = (one: number | null): string =>
    one === null ? '∞' : unit === 'ms' ? String(Math.round(one)) : number(one * 100);
  const cell = ({ n, value, lower, upper }: Measured): string =>
    value === null ? '–' : `${shown(value)} [${shown(lower)}, ${shown(upper)}] of ${n}`;
  return [
    [`users: ${says}, ${unit === 'ms' ? 'ms' : '%'} [bounds at 95 %], the worst first:`],
    ['region', 'route', `${from.color}${fromIsBaseline ? ' before the flip' : ''}`, to.color],
    ...slices.map((one) => [one.region, one.route, cell(one.from), cell(one.to)]),
  ];
}

function measured(
  { from, to }: { readonly from: number | null; readonly to: number | null },
  { arms }: GateRecord,
): string {
  const each = [
    ...(from === null ? [] : [`${arms.from.color} ${number(from)}`]),
    ...(to === null ? [] : [`${arms.to.color} ${number(to)}`]),
  ];
  return each.length === 0 ? '' : `; ${each.join(', ')}`;
}

function withBounds(value: number | null, bounds: readonly (number | null)[] | null): string {
  const shown = (one: number | null): string => (one === null ? '∞' : number(one));
  return `${value === null ? '–' : number(value)}${bounds === null ? '' : ` [${bounds.map(shown).join(', ')}]`}`;
}

/** Three digits that matter. */
function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
