/** What users' requests were, as the edge or a vendor's log tells. */
import type {
  PartHistograms,
  PartLimits,
  ServerErrors,
  SumsTerms,
  TrafficBlocks,
  TrafficSums,
  TrafficTotals,
} from '../domain/clusters/index.ts';
import type { Color } from '../domain/color.ts';
import type { BuiltInGate } from '../domain/gate.ts';
import type { ErrorCatalogue, TrafficCounts } from '../domain/look-input.ts';
import type { Closable } from './context.ts';

/** One popular cacheable request: path and query, as users sent it. */
export interface PopularKey {
  readonly key: string;
  readonly hits: number;
}

export interface TelemetryQuery {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Empty means all. */
  readonly regions: readonly string[];
}

export interface SampleQuery extends TelemetryQuery {
  /** Only requests that ended in this class; absent means any, failed or not. */
  readonly errorClass?: string;
}

export interface SumsQuery extends Pick<TelemetryQuery, 'service' | 'regions'> {
  readonly terms: SumsTerms;
}

export interface BlocksQuery extends TelemetryQuery {
  /** The range is cut into blocks from its start on, ms. */
  readonly blockMs: number;
  readonly sameFailureMs: number;
  readonly serverErrors: ServerErrors;
}

export interface TelemetryPort extends Closable {
  /** What is younger than this may not have arrived, ms: a look ends so long before it is taken. Absent: 0. */
  readonly lagMs?: number;
  /** Gates that these lines cannot answer because they lack a field, each with the reason as a sentence: they are skipped. */
  readonly blind?: Readonly<Partial<Record<BuiltInGate, string>>>;
  window(query: TelemetryQuery, signal?: AbortSignal): Promise<TrafficCounts>;
  /**
   * Sums of users' traffic, in two passes over the same lines.
   * @param limits called once between the passes, with the whole and every region and route: says what the second pass adds up
   */
  sums(
    query: SumsQuery,
    limits: (seen: readonly PartHistograms[]) => readonly PartLimits[],
    signal?: AbortSignal,
  ): Promise<TrafficSums>;
  /**
   * Of a source that counts requests and knows no users, asked instead of `sums`. What only lines tell it leaves out: `catalogue`,
   * `popularKeys` and `sample` are empty, and gates that need lines are skipped.
   */
  totals?(query: SumsQuery, signal?: AbortSignal): Promise<TrafficTotals>;
  /** One color's traffic by block: the day before a switch. */
  blocks(color: Color, query: BlocksQuery, signal?: AbortSignal): Promise<TrafficBlocks>;
  /** Error classes of one color before the switch. */
  catalogue(color: Color, query: TelemetryQuery, signal?: AbortSignal): Promise<ErrorCatalogue>;
  /** Most looked-up cache keys of one color, user traffic only. */
  popularKeys(
    color: Color,
    limit: number,
    query: TelemetryQuery,
    signal?: AbortSignal,
  ): Promise<readonly PopularKey[]>;
  /** Sampled replayable user requests (reads and, fenced, writes): for the shadow stage, and to try an error again. */
  sample(
    color: Color,
    limit: number,
    query: SampleQuery,
    signal?: AbortSignal,
  ): Promise<readonly { method: string; key: string; route: string }[]>;
  /** User requests of every hour (epoch ms of its start) in the query's time range; finds the peak hour. */
  hourly(
    query: TelemetryQuery,
    signal?: AbortSignal,
  ): Promise<readonly { hourMs: number; requests: number }[]>;
}
