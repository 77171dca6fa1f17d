/**
 * Where latencies come from: users (sums of the window) and probes (timed by us), each with the whole answer and its first usable text.
 * Invariant: both arms of a source cover the same time; after the flip only a day of `from` stands for its users.
 */
import { histogramSize, p95Ms, STREAMING, type PartSums, type TrafficTotals } from '../clusters/index.ts';
import type { Color } from '../color.ts';
import type { Offender } from '../gate-record.ts';
import type { LookInput } from '../look-input.ts';
import { exactQuantile } from '../stats/index.ts';
import { partName } from './breakdown.ts';
import { judgeSeries, type JudgedSeries, type LatencyArm, type LatencySeries } from './latency-series.ts';
import { userLatency, type UserLatency } from './latency-users.ts';
import type { LookLevels } from './look-plan.ts';
import { answeredOnly, runsOf } from './questions.ts';
import { isStale } from './traffic.ts';
import { asLook, clustersWithoutUsers, sourceSaid } from './without-users.ts';

/** One comparison of a source. */
export interface Compared {
  readonly size: { readonly to: number; readonly from: number };
  readonly judge: (levels: Pick<LookLevels, 'fail' | 'pass'>) => JudgedSeries | null;
}

/** One source of latencies. */
export interface Source {
  readonly name: 'users' | 'probes';
  readonly final: Compared;
  /** First usable text as a series of its own, when the service streams; read only when it is needed. */
  readonly usable: () => Compared | null;
}

export function usersOf(input: LookInput, part: PartSums | null): Source | null {
  if (input.traffic?.totals !== undefined) return requestsOf(input);
  const terms = input.traffic?.sums?.terms;
  if (terms === undefined || part === null || isStale(input)) return null;
  const final = userLatency(input, terms, part, 'final');
  if (final === null) return null;
  return {
    name: 'users',
    final: ofUsers(final),
    usable: () => {
      const usable = userLatency(input, terms, part, 'usable');
      return usable === null || 2 * least(ofUsers(usable)) < least(ofUsers(final)) ? null : ofUsers(usable);
    },
  };
}

/** Users' requests from a source that knows no users. */
function requestsOf(input: LookInput): Source | null {
  const { traffic } = input;
  if (traffic?.totals === undefined || isStale(input)) return null;
  const { now, before } = traffic.totals;
  const at = (totals: TrafficTotals): UserLatency | null => {
    const look = asLook(input, traffic, totals);
    const [whole] = look.traffic?.sums?.parts ?? [];
    return whole === undefined ? null : userLatency(look, totals.terms, whole, 'final');
  };
  const seen = at(now);
  if (seen === null) return null;
  const isOver = (one: JudgedSeries | null): boolean => one !== null && (one.isFail || one.isSlower);
  const judge = (levels: Pick<LookLevels, 'fail' | 'pass'>): JudgedSeries | null => {
    const judged = seen.judge(levels);
    if (judged === null) return null;
    const { clusters } = judged;
    const isSlower = isOver(judged) && before !== null && isOver(at(before)?.judge(levels) ?? null);
    return {
      ...judged,
      isFail: false,
      isPass: false,
      isSlower,
      decides: false,
      why: ` ${sourceSaid(now.source, isOver(judged), isSlower)}`,
      clusters: clusters === null ? null : clustersWithoutUsers(clusters),
    };
  };
  return { name: 'users', final: ofUsers({ ...seen, judge }), usable: () => null };
}

function ofUsers({ to, from, judge }: UserLatency): Compared {
  return { size: { to: histogramSize(to), from: histogramSize(from) }, judge };
}

/** A question that is asked again is the same question: a cluster. */
export function probesOf(input: LookInput): Source | null {
  if (input.probes === null) return null;
  const window = answeredOnly(input.probes);
  const questions = new Map(window.probes.map(({ id }, i) => [id, i]));
  const read = (name: string, key: 'tfinal' | 'tusable'): LatencySeries => {
    const arm = (color: Color): LatencyArm => {
      const ms: number[] = [];
      const question: number[] = [];
      for (const run of runsOf(window, color)) {
        if (run.error !== null || run.cold || run.latencyMs === null) continue;
        ms.push(run.latencyMs[key]);
        question.push(questions.get(run.probeId) ?? -1);
      }
      return { ms, batch: question };
    };
    return { name, from: arm(input.from), to: arm(input.to) };
  };
  const compared = (series: LatencySeries): Compared => ({
    size: { to: series.to.ms.length, from: series.from.ms.length },
    judge: (levels) => judgeSeries(series, levels, input.settings.latencyRatio),
  });
  const series = read('probes', 'tfinal');
  const final = compared(series);
  return {
    name: 'probes',
    final,
    usable: () => {
      const first = read('probes (usable)', 'tusable');
      const usable = compared(first);
      if (least(usable) === 0 || 2 * least(usable) < least(final)) return null;
      return exactQuantile(first.from.ms) <= STREAMING * exactQuantile(series.from.ms) ? usable : null;
    },
  };
}

/** Latencies of the smaller arm. */
export function least({ size }: Compared): number {
  return Math.min(size.to, size.from);
}

/** Regions and routes that are slower on `to`, worst first: where to look. */
export function slowestParts(input: LookInput): Offender[] {
  const { minSamples, latencyRatio } = input.settings;
  const terms = input.traffic?.sums?.terms;
  const rows = (input.traffic?.sums?.parts ?? []).flatMap((one) => {
    const latency = terms === undefined || one.part === null ? null : userLatency(input, terms, one, 'final');
    if (latency === null || one.part === null || least(ofUsers(latency)) < minSamples) return [];
    return [{ id: partName(one.part), from: p95Ms(latency.from) ?? 0, to: p95Ms(latency.to) ?? 0 }];
  });
  return rows
    .filter(({ from, to }) => from > 0 && to > latencyRatio * from)
    .sort((a, b) => b.to / b.from - a.to / a.from || (a.id < b.id ? -1 : 1))
    .map((row) => ({ ...row, why: `p95 ratio ${(row.to / row.from).toFixed(2)}` }));
}
