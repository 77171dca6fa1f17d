/**
 * The verbs a switch uses, as the workflow sees them: types only, so that importing them puts nothing of Node into
 * the workflow's sandbox. Arguments are single objects (fields may be added, never reordered) and small: they
 * stand in history.
 */
import type { Color } from '../domain/color.ts';
import type { Concern, EdgeStanding, Pinned } from '../domain/concern.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Finding } from '../domain/finding.ts';
import type { AskedGate, GateSettings, Verdict } from '../domain/gate.ts';
import type { GateSummary } from '../domain/gate-record.ts';
import type { LookPlan } from '../domain/look-input.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { Plan, ProbesPlan } from '../domain/plan.ts';
import type { Notification } from '../domain/notification.ts';
import type { Stage } from '../domain/stage.ts';
import type { Outcome } from '../domain/state.ts';
import type { Targets } from '../domain/targets.ts';
import type { EdgeActivities, EdgeState } from './edge-api.ts';
import type { FenceActivities } from './fence-api.ts';
import type { QueueActivities } from './queue-api.ts';
import type { StepActivities } from './step-api.ts';

export interface Inspection {
  readonly findings: readonly Finding[];
  /** Identity each color must show from now on: declared by the plan, else read from its health contract. */
  readonly expected: Readonly<Record<Color, AnswerIdentity>> | null;
  /** Evidence digest of the pre-flip baseline. */
  readonly baseline: string | null;
  /** Jobs in dead-letter queues before the switch; null without a queue. */
  readonly deadLetters: Readonly<Record<Color, number>> | null;
  /** Generation of the edge config that stands; 0 when none was ever written. */
  readonly generation: number;
  /** What each color is; null when a color said nothing. */
  readonly pinned: Readonly<Record<Color, Pinned>> | null;
}

export interface WatchInput {
  readonly targets: Targets;
  readonly stage: Stage;
  readonly step: string;
  /** Interval between looks, ms; 0 for a single look at once. */
  readonly everyMs: number;
  /** Looks until the scheduled end; null watches until cancelled and returns only on a fail. */
  readonly looks: number | null;
  /** Evidence goes back this far, ms, and older is forgotten; null: to the start of the watch. */
  readonly windowMs: number | null;
  /** Over which looks the error budgets are split; null for a watch without a scheduled end. */
  readonly lookPlan: LookPlan | null;
  /** Share of users on `to` throughout the watch, percent; null when nobody knows. */
  readonly weightPercent: number | null;
  /** Jobs in dead-letter queues before the switch; null when there was no queue to count. */
  readonly deadLetters: Readonly<Record<Color, number>> | null;
  /** Latin-square rounds sent at each look; 6 make a full grid, 0 sends no probes. */
  readonly rounds: number;
  /** Sampled user requests to replay to `to` first (shadow). */
  readonly replay: number;
  readonly regions: readonly string[];
  readonly gates: readonly AskedGate[];
  readonly settings: GateSettings;
  readonly probes: ProbesPlan;
  readonly customGates: Plan['customGates'];
  readonly allowErrors: readonly string[];
  readonly expected: Readonly<Record<Color, AnswerIdentity>>;
  /** What must stand as it was left; null where preflight could not tell. */
  readonly pinned: Readonly<Record<Color, Pinned>> | null;
  readonly edge: EdgeStanding;
  readonly baseline: string | null;
  /** Once the edge config names `to` as producer, scheduled work must run there alone. */
  readonly watchesSchedules: boolean;
  /** Digest of the dialogs that the last hold before the flip left open; null: none. */
  readonly openDialogs: string | null;
}

export interface WatchResult {
  readonly verdict: Verdict;
  readonly look: { readonly index: number; readonly planned: number; readonly final: boolean };
  readonly gates: readonly GateSummary[];
  /** What does not stand as this switch left it. */
  readonly concerns: readonly Concern[];
  /** User requests of both colors in the window; null when telemetry could not be read. */
  readonly requests: number | null;
  /** Digest of the last look's input. */
  readonly evidence: string;
  /** Digest of the dialogs that this hold left open. Absent: none. */
  readonly openDialogs?: string;
}

/** What a look in the middle of a hold reports, as heartbeat details and to the workflow on a change. */
export interface WatchProgress extends WatchResult {
  readonly step: string;
}

/** What people need to know before they bring users somewhere. */
export interface Surroundings {
  /** Null when no config was ever written, or when it could not be read. */
  readonly edge: EdgeState | null;
  readonly edgeProblem: string | null;
  /** `healthy`, or why not. */
  readonly health: Readonly<Record<Color, string>>;
}

export interface Activities extends EdgeActivities, QueueActivities, FenceActivities, StepActivities {
  /**
   * Whether this namespace has all of cutover's search attributes, each of its type, now; `false` when that is not known within two
   * seconds. Never throws. For a local activity in the task that sets them: nothing is cached, so a refused task asks again.
   */
  attributesFit(): Promise<boolean>;
  inspect(input: { plan: Plan; targets: Targets }): Promise<Inspection>;
  watchGates(input: WatchInput): Promise<WatchResult>;
  lookAround(input: { targets: Targets }): Promise<Surroundings>;
  warm(input: {
    targets: Targets;
    step: string;
    color: Color;
    pings: number;
    rounds: number;
  }): Promise<{ sent: number; cold: number; failed: number; flat: boolean; detail: string }>;
  releaseWarmth(input: { targets: Targets; step: string; color: Color }): Promise<void>;
  moveCaches(input: { targets: Targets; step: string; popular: number }): Promise<{
    purged: string;
    stillCached: number;
    primed: number;
    failed: number;
    /** What stands at the edge afterwards; null where nothing does. */
    generation: number | null;
    weightPercent: number;
  }>;
  primeCache(input: {
    targets: Targets;
    step: string;
    color: Color;
    popular: number;
  }): Promise<{ primed: number; failed: number }>;
  /** The next peak hour as absolute instants, so that a change of time zone data cannot alter a running switch. */
  peakWindow(input: {
    targets: Targets;
    peak: Plan['hold']['peak'];
    forMs: number;
    notBeforeMs: number;
  }): Promise<{
    startMs: number;
    endMs: number;
    why: string;
    /** Requests usual in that window; null where nobody knows. */
    expected: number | null;
    /** False when telemetry holds nothing to tell a peak by: then it is the next hour, whatever that is. */
    known: boolean;
  }>;
  retire(input: { targets: Targets; step: string; color: Color }): Promise<{ detail: string }>;
  /**
   * Stores a page of the switch's events, so that no payload grows with a switch's length. The same page stored again has the
   * same digest; a page holds at most what one payload may (2 MB by default).
   * @param input.firstIndex position of the page's first event among all events, 0-based
   */
  appendEvents(input: {
    targets: Targets;
    firstIndex: number;
    events: readonly SwitchEvent[];
  }): Promise<{ digest: string }>;
  /** Writes the evidence pack, its sums and the report; a retry overwrites them. */
  publishReport(input: {
    /** With `switchId` and `startedMs` it says what `targets` would. */
    plan: Plan;
    switchId: string;
    startedMs: number;
    planDigest: string;
    outcome: Outcome;
    /** Digests of the pages stored so far, oldest first. */
    pages: readonly string[];
    /** What came after the last page. */
    events: readonly SwitchEvent[];
  }): Promise<{ path: string }>;
  notify(input: { targets: Targets; step: string; notification: Notification }): Promise<void>;
}
