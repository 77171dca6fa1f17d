/** What the demo's stack takes and gives. */
import type { Color } from '../../src/domain/color.ts';
import type { EdgeConfig } from '../../src/domain/edge-config.ts';
import type { InfraReady } from './infra/server.ts';
import type { PlatformName } from './platforms/names.ts';
import type { FaultName } from './service/faults.ts';
import type { LedgerVerdict, SwitchOutcome } from './traffic/check.ts';
import type { TrafficStats } from './traffic/generator.ts';

export type StackFault = FaultName | 'cache-leak';

export interface StackOptions {
  /** Everything of this run is kept here. */
  readonly dir: string;
  readonly regions: readonly string[];
  /** The color that serves first. @default blue */
  readonly from?: Color;
  readonly fault?: StackFault;
  /** Neither queue, cache nor writes: a service that only answers. @default false */
  readonly plain?: boolean;
  readonly ports?: {
    readonly entries?: readonly number[];
    readonly blue?: number;
    readonly green?: number;
    readonly sqs?: number;
    readonly store?: number;
    readonly explorer?: number;
  };
  /** Address on which the entries listen. @default 127.0.0.1 */
  readonly entryHost?: string;
  readonly traffic?: { readonly users?: number; readonly rate?: number; readonly seed?: number };
  /** Further settings of both colors' services, e.g. `{ modelTime: 0 }`. */
  readonly service?: Readonly<Record<string, unknown>>;
  readonly visibilityTimeoutS?: number;
  /** Default: new ones for this run. */
  readonly tokens?: StackTokens;
  /** @default embedded */
  readonly platform?: PlatformName;
  /** Users who say by a signed header which cohort they are of. @default none */
  readonly cohorts?: readonly Cohort[];
  /** What takes a while, for people. */
  readonly tell?: (line: string) => void;
}

export interface Cohort {
  readonly name: string;
  /** Of all users. */
  readonly percent: number;
}

export interface StackTokens {
  readonly edgeAdmin: string;
  readonly colorAdmin: string;
  readonly pinSecrets: readonly string[];
}

export interface Stack {
  readonly entries: readonly { readonly region: string; readonly url: string }[];
  readonly colors: Readonly<Record<Color, string>>;
  readonly releases: Readonly<Record<Color, string>>;
  /** INDEX_HASH of each color. */
  readonly identities: Readonly<Record<Color, string>>;
  /** Null in a plain stack. */
  readonly infra: InfraReady | null;
  /** `edge` of a plan. */
  readonly edgePlan: Readonly<Record<string, unknown>>;
  /** What a worker finds in its environment. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** Edge request lines, NDJSON. */
  readonly logGlob: string;
  readonly ledger: string;
  readonly tokens: StackTokens;
  readonly pids: Readonly<Record<string, number>>;
  readonly traffic: {
    start(rate?: number): Promise<TrafficStats>;
    /** Finishes what is in flight. */
    stop(): Promise<TrafficStats>;
    stats(): Promise<TrafficStats>;
  };
  setFault(name: StackFault): Promise<void>;
  /** What the edge's store holds now. */
  edgeConfig(): Promise<EdgeConfig | null>;
  /**
   * Stops the traffic, waits for the queues to run dry, then compares everybody's story; users' sides from `sinceGeneration` on,
   * where this is not the stack's first switch.
   */
  ledgerCheck(
    outcome: SwitchOutcome,
    options?: { readonly drainMs?: number; readonly sinceGeneration?: number },
  ): Promise<LedgerVerdict>;
  close(): Promise<void>;
}
