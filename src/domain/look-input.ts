/**
 * A look is one moment at which all gates of a stage are judged from one `LookInput`; the input is stored as evidence, addressed by
 * digest, and judging is a pure function of it. So every verdict can be recomputed offline, bit for bit.
 */
import type { TrafficBlocks, TrafficSums } from './clusters/parts.ts';
import type { TotalsOfLooks } from './clusters/totals.ts';
import type { Color } from './color.ts';
import type { AskedGate, GateName, GateSettings, Verdict } from './gate.ts';
import type { AnswerIdentity } from './identity.ts';
import type { ProbeRun } from './probe.ts';
import type { Stage } from './stage.ts';

/** One color's traffic in one region and route within the window. */
export interface TrafficSlice {
  readonly color: Color;
  readonly region: string;
  readonly route: string;
  /** User requests, all outcomes, cold and warm. */
  readonly requests: number;
  /** Successful ones that paid for no cold start. */
  readonly warm: number;
  /** Successful ones that did. */
  readonly cold: number;
  /** Count by error class. */
  readonly errors: Readonly<Record<string, number>>;
  /** Count by `identityKey`, answers only. */
  readonly identities: Readonly<Record<string, number>>;
  readonly writes: { readonly accepted: number; readonly frozen: number; readonly late: number };
}

/** What telemetry counts of a window by color, region and route. */
export interface TrafficCounts {
  readonly fromMs: number;
  readonly toMs: number;
  /** Instant of the newest line seen, or null when there is none: stale telemetry is no data. */
  readonly freshestMs: number | null;
  readonly slices: readonly TrafficSlice[];
  /** Users (hashed) that were seen to go back from `to` to `from` while the weight did not fall. */
  readonly flipBacks: number;
  /** Users' cache lookups under the other color's prefix, hit or miss. */
  readonly foreignCacheLookups: number;
  /**
   * Users' requests that a region served, or refused, while it could not confirm its config: they went to the color of
   * record whatever the weight said. Absent when there were none.
   */
  readonly inDoubt?: { readonly requests: number; readonly regions: readonly string[] };
  /** Lines of the window that were lost on the way, as the lines after them tell. Absent: none. */
  readonly lost?: number;
  /** What was in the source and could not be counted, since it is read. Absent: nothing. */
  readonly unread?: Unread;
}

export interface Unread {
  /** Lines read, those of `reasons` included. */
  readonly lines: number;
  /** Lines that are no request line at all, such as other messages in the same log. */
  readonly foreign: number;
  /** Request lines that are broken. */
  readonly broken: number;
  /** Why, in a few words, and how many of each. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Where the shadow stage counts what it sends again: no user asked it. */
export const REPLAYED = { region: 'replay', route: 'shadow' } as const;

export interface TrafficWindow extends TrafficCounts {
  /** What the gates on users' traffic are judged from; null before the first whole tick. */
  readonly sums: TrafficSums | null;
  /** Instead of them where telemetry counts requests and knows no users. */
  readonly totals?: TotalsOfLooks;
}

export interface ProbeWindow {
  readonly setDigest: string;
  readonly corpusHash: string;
  readonly embedderId: string;
  readonly calibration: Calibration | null;
  /** Whether the service's answers change with the seed; null until measured. */
  readonly seedEffective: boolean | null;
  readonly runs: readonly ProbeRun[];
  /** Digests of the runs as they were stored, with what was answered. */
  readonly rounds?: readonly string[];
  /** Static facts of each probe that judging needs. */
  readonly probes: readonly {
    readonly id: string;
    readonly topic: string;
    readonly answerable: boolean;
    readonly targetSections: readonly string[];
    /** Asked without generation: it has retrieved text and no answer. */
    readonly retrievalOnly?: true;
    /** It says what its answer must hold, or must not. */
    readonly asserted?: true;
  }[];
}

/** Affine map of raw ΔS onto the 0.45/0.60 scale. */
export interface Calibration {
  readonly embedderId: string;
  readonly corpusHash: string;
  readonly goldHash: string;
  readonly k: number;
  readonly windowWords: number;
  readonly mPos: number;
  readonly mNeg: number;
  readonly auc: number;
  readonly tPass: number;
  readonly tBlock: number;
}

export interface QueueWindow {
  readonly color: Color;
  readonly ready: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestAgeMs: number | null;
  /** Dead letters before the switch; absent when nobody counted them. */
  readonly deadBefore?: number;
}

/** Counters of the health contract at the start and the end of the window. */
export interface CounterWindow {
  readonly color: Color;
  readonly jobsDone: number;
  readonly jobsDeduped: number;
  readonly egressCalls: number;
  readonly egressFailures: number;
  readonly lateWrites: number;
}

/** The answer of a gate of the user's own. */
export interface CustomResult {
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly n: number | null;
}

/** `from`'s error classes over the last day (or 10⁵ requests), plus the plan's allow-list. */
export interface ErrorCatalogue {
  readonly requests: number;
  /** Distinct users behind them. */
  readonly users: number;
  readonly classes: Readonly<Record<string, number>>;
}

/** A conversation of two turns. */
export interface DialogRun {
  readonly id: string;
  /** Colors of its first and of its second turn. */
  readonly begun: Color;
  readonly continued: Color;
  /** Whether the second answer shows that the first turn is known; null when a turn was not answered. */
  readonly remembered: boolean | null;
  readonly error: string | null;
  /** Beginning of what the second answer has where the plan looks; null: nothing. */
  readonly said: string | null;
}

/** Outcome of replaying a request that showed a new error class: three times on each color. */
export interface NoveltyReplay {
  readonly errorClass: string;
  readonly onTo: number;
  readonly onFrom: number;
  readonly tries: number;
}

/** What preflight measured on `from`, for the audit to compare with. */
export interface Baseline {
  readonly capturedAtMs: number;
  readonly probes: ProbeWindow | null;
  readonly traffic: TrafficWindow | null;
  /** `from`'s day before the switch, once for each block length that a hold of the plan has. Absent: none was read. */
  readonly days?: readonly TrafficBlocks[];
}

export interface Look {
  /** 1-based. */
  readonly index: number;
  /** Looks planned for this hold. */
  readonly planned: number;
  /** True at the scheduled end, the only look at which a statistical gate may pass. */
  readonly final: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly windowStartMs: number;
  /** The look plan fixed when the hold began; absent: at least 12 looks and 2 extensions are assumed. */
  readonly plan?: LookPlan;
}

/** How often a hold may be judged; decides how the error budgets are split. */
export interface LookPlan {
  /** Looks of the hold itself, without extensions. */
  readonly looks: number;
  /** Extensions that may follow it, six looks each. */
  readonly extensions: number;
}

/** Raised whenever what is stored of a look has another form. */
export const LOOK_SCHEMA = 2;

/** Everything a verdict is computed from. Stored with its baseline and its answers as digests: they are documents of their own. */
export interface LookInput {
  readonly schema: typeof LOOK_SCHEMA;
  readonly switchId: string;
  readonly stage: Stage;
  /** E.g. `ramp 25 %`; names the hold in records. */
  readonly step: string;
  readonly look: Look;
  readonly from: Color;
  readonly to: Color;
  /** Gates asked at this stage. */
  readonly gates: readonly AskedGate[];
  readonly settings: GateSettings;
  readonly expected: Readonly<Record<Color, AnswerIdentity>>;
  readonly traffic: TrafficWindow | null;
  readonly probes: ProbeWindow | null;
  readonly baseline: Baseline | null;
  readonly catalogue: ErrorCatalogue | null;
  readonly replays: readonly NoveltyReplay[];
  readonly queues: readonly QueueWindow[];
  readonly counters: readonly CounterWindow[];
  readonly custom: readonly CustomResult[];
  /** Absent where the plan asks none. */
  readonly dialogs?: readonly DialogRun[];
  /** Failures of the judge's own side: telemetry unreachable, embedder down. Each names the gates it blinds. */
  readonly judgeErrors: readonly { readonly gates: readonly GateName[]; readonly message: string }[];
  /** Ready instances of each color by the health contracts of the regions asked; absent when a color did not tell. */
  readonly ready?: Readonly<Record<Color, number>>;
  /** Share of users that should be on `to` throughout the window, percent; absent when unknown or not constant. */
  readonly weightPercent?: number;
}
