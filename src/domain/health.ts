/**
 * The health contract: what each color's service answers at `GET <color url>/.well-known/cutover`. Preflight compares the two
 * colors' contracts; looks and the audit read the counters.
 *
 * Five fields are required. A color that leaves out another one takes part all the same, and preflight says what that costs.
 */
import type { Color } from './color.ts';
import type { IndexIdentity } from './identity.ts';
import type { Schedule } from './schedules.ts';

export interface HealthContract {
  readonly service: string;
  readonly color: Color;
  readonly release: string;
  readonly ok: boolean;
  readonly index: IndexIdentity;
  readonly region?: string | undefined;
  /** Environment parity: name of each setting to a fingerprint of its value (never the value). */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Key ids accepted now, per layer. Overlap means the current and the next key are accepted on edge and core. */
  readonly secrets?: { readonly edge: readonly string[]; readonly core: readonly string[] } | undefined;
  readonly cachePrefix?: string | undefined;
  /** Fingerprint of the names and schemas of the tools that its models may call. Null: they call none. */
  readonly tools?: { readonly schemaHash: string } | null | undefined;
  /** Prefix under which agents keep what they remember between turns, beside the dialogs themselves. Null: they keep nothing. */
  readonly memoryPrefix?: string | null | undefined;
  /** Null: the color has none. */
  readonly queue?:
    | {
        readonly topic: string;
        /** A job that was delivered so often and never done is dead-lettered. */
        readonly maxDeliveries: number;
        /** A consumer that has not acknowledged a job within this loses it to the next one, ms. */
        readonly ackTimeoutMs: number;
      }
    | null
    | undefined;
  /** Scheduled jobs of the service, those left out that are off on purpose. Exactly one color has each of them on. */
  readonly schedules?: readonly Schedule[] | undefined;
  /** `compatible`: both colors can run on the present schema. `forward-only`: the named tables must be paused at the flip. */
  readonly migration?:
    | { readonly mode: 'compatible' | 'forward-only'; readonly tables: readonly string[] }
    | undefined;
  /** The service itself refuses writes as the router says, whoever asks it. */
  readonly writeGuard?: boolean | undefined;
  /** Generation of the edge config this instance acts on. */
  readonly configGeneration?: number | undefined;
  /** Instances ready to serve now and the most it may have; `from` needs room to take everything back. */
  readonly capacity?: { readonly ready: number; readonly max: number } | undefined;
  /** Counters since the start of the service. */
  readonly counters?: HealthCounters | undefined;
}

export interface HealthCounters {
  readonly jobsDone: number;
  /** Jobs refused by the done-ledger because their key was done before: the dedupe guard at work. */
  readonly jobsDeduped: number;
  readonly egressCalls: number;
  readonly egressFailures: number;
  readonly lateWrites: number;
}

/** For messages: the color, and its region where it names one. */
export function placeOf({ color, region }: Pick<HealthContract, 'color' | 'region'>): string {
  return region === undefined ? color : `${color} in ${region}`;
}
