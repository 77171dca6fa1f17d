/** What users' requests were, as the edge or a vendor's log tells. */
import type { Color } from '../domain/color.ts';
import type { ErrorCatalogue, TrafficWindow } from '../domain/look-input.ts';
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

export interface TelemetryPort extends Closable {
  window(query: TelemetryQuery, signal?: AbortSignal): Promise<TrafficWindow>;
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
