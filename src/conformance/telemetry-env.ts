/** The world that a `TelemetryPort` is tried in. */
import type { RequestLine } from '../domain/request-line.ts';
import type { TelemetryPort, TelemetryQuery } from '../ports/index.ts';
import type { Env } from './suite.ts';

export interface TelemetryEnv extends Env {
  readonly port: TelemetryPort;
  /** A range of at least an hour that has (or, with `append`, may get) traffic of both colors. */
  readonly query: TelemetryQuery;
  /** Writes lines so that the port sees them, times and service as given; absent when traffic makes itself. */
  append?(lines: readonly RequestLine[]): Promise<void>;
}
