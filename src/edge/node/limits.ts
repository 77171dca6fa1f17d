/** What one process of the router takes at most, and how long it waits. */
export interface Limits {
  /** Open connections; more are answered with 503 and closed. */
  readonly maxConnections: number;
  readonly maxBodyBytes: number;
  /** Request line and headers together, bytes; more is answered with 431. */
  readonly maxHeaderBytes: number;
  /** How long an idle connection is kept, ms: longer than the balancer in front keeps it. */
  readonly keepAliveMs: number;
  /** How long the headers of a request may take, ms; then 408. */
  readonly headersMs: number;
  /** How long a whole request may take to arrive, ms; then 408. */
  readonly requestMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxConnections: 10_000,
  maxBodyBytes: 32 * 1024 * 1024,
  maxHeaderBytes: 32 * 1024,
  keepAliveMs: 75_000,
  headersMs: 20_000,
  requestMs: 300_000,
};
