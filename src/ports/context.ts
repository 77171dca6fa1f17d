/** What every port has in common. */

export interface WriteContext {
  /** Stable over retries of one step: `<first run id>/<step>`, never the attempt number. */
  readonly idempotencyKey: string;
  readonly signal?: AbortSignal;
}

export interface Closable {
  /** Lets go of connections, followed files and timers: its switch has ended, or the worker stops. Nothing is asked of it afterwards. */
  close?(): Promise<void>;
}

/** What makes a port worth nothing to this plan, or may lose what it holds, told in preflight. */
export interface Doubt {
  /** `blocking`: it is so; `warning`: it may be so. */
  readonly severity: 'blocking' | 'warning';
  readonly what: string;
  readonly fix: string;
}
