/**
 * The verbs a switch uses, as the workflow sees them: types only, so that importing them puts nothing of Node into
 * the workflow's sandbox. Arguments are single objects (fields may be added, never reordered) and small: they
 * stand in history.
 */
import type { Color } from '../domain/color.ts';
import type { Concern, EdgeStanding, Pinned } from '../domain/concern.ts';
import type { EdgeConfigPatch, WriteMode } from '../domain/edge-config.ts';
import type { SwitchEvent } from '../domain/event.ts';
import type { Finding } from '../domain/finding.ts';
import type { AskedGate, GateSettings, Verdict } from '../domain/gate.ts';
import type { GateSummary } from '../domain/gate-record.ts';
import type { LookPlan } from '../domain/look-input.ts';
import type { AnswerIdentity } from '../domain/identity.ts';
import type { Plan, ProbesPlan } from '../domain/plan.ts';
import type { JobCounts, WaitingJobs } from '../domain/jobs.ts';
import type { Notification } from '../domain/notification.ts';
import type { Stage } from '../domain/stage.ts';
import type { Outcome } from '../domain/state.ts';
import type { Targets } from '../domain/targets.ts';
import type { FenceActivities } from './fence-api.ts';
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

export interface EdgeState {
  readonly generation: number;
  /** Read back, from the vendor whose own weight moves users if there is one. */
  readonly weightPercent: number;
  /** By the store's clock. */
  readonly freezeUntilMs: number | null;
  readonly producer: Color;
  readonly writes: Readonly<Record<Color, WriteMode>>;
  /** Who wrote it: `<switch id>/<step>` if it was us. */
  readonly writer: string;
}

export interface SeenByRegions {
  /** True when every region serves exactly what was written. */
  readonly seen: boolean;
  readonly detail: string;
  /** Regions that are not known to serve it: behind, or not to be reached. */
  readonly behind: readonly string[];
  /** Regions that serve what somebody else wrote: a generation above ours, or another weight or writer. */
  readonly foreign: readonly string[];
}

export interface FenceWindow {
  /** False: `from` still held jobs when its time was over, or the target refused them. */
  readonly closed: boolean;
  /** Null without a queue. */
  readonly left: WaitingJobs | null;
  readonly moved: number;
  readonly lateWrites: number;
  /** Null when `from` could not be asked. */
  readonly lateBase: number | null;
  /** The target's words. */
  readonly refused: string | null;
}

/** What people need to know before they bring users somewhere. */
export interface Surroundings {
  /** Null when no config was ever written, or when it could not be read. */
  readonly edge: EdgeState | null;
  readonly edgeProblem: string | null;
  /** `healthy`, or why not. */
  readonly health: Readonly<Record<Color, string>>;
}

export interface Activities extends FenceActivities, StepActivities {
  /**
   * Whether this namespace has all of cutover's search attributes, each of its type, now; `false` when that is not known within two
   * seconds. Never throws. For a local activity in the task that sets them: nothing is cached, so a refused task asks again.
   */
  attributesFit(): Promise<boolean>;
  inspect(input: { plan: Plan; targets: Targets }): Promise<Inspection>;
  watchGates(input: WatchInput): Promise<WatchResult>;
  /**
   * One compare-and-set from exactly `expected`, read back, then a vendor's own weight where one moves users, then observed until
   * every region and that vendor report it. A retry that finds its own write stores nothing, but does all the rest.
   * @throws ApplicationFailure `EdgeConflict`: another writer was first or took over; `LeaseExpired`: under `leaseLeftMs` of it is left.
   */
  writeEdge(input: {
    targets: Targets;
    step: string;
    /** Generation the change was computed from; 0 when none was ever written. */
    expected: number;
    /** Largest generation known to have been stored, if the store may have lost it: no number up to it is given again. */
    newest?: number;
    patch: EdgeConfigPatch;
    /** This write is to set a vendor's own weight; absent: the weight stands as it is. */
    movesUsers?: boolean;
    /** Whose weight at the vendor a person agreed to write over; absent: nobody else's. */
    over?: string;
    /**
     * Freezes for this long from when every region has seen it. The store dates the lease by its own clock and makes it longer by
     * twice the edge's propagation: once for the freeze to get everywhere, once for the flip that ends it.
     */
    freezeForMs?: number;
    /** Least freeze that must be left, by the store's clock and beyond the time that a write needs to get everywhere. */
    leaseLeftMs?: number;
    /** Longest wait for every region to report the new generation. */
    seenWithinMs: number;
  }): Promise<EdgeState & SeenByRegions>;
  lookAround(input: { targets: Targets }): Promise<Surroundings>;
  /** What the store holds now; null when nothing was ever written. */
  readEdge(input: {
    targets: Targets;
    /** Generation known to have been stored; an older answer is stale and asked for again. */
    atLeast?: number;
    /** Ask both colors too whether scheduled work runs where the config has it. */
    schedules?: boolean;
  }): Promise<(EdgeState & { readonly schedules?: string | null }) | null>;
  /** What must be empty of `color`, at one moment: the edge, null when nothing stands there, and its queue, null when the plan has none. */
  lookBeforeRetire(input: {
    targets: Targets;
    color: Color;
  }): Promise<{ edge: EdgeState | null; jobs: JobCounts | null }>;
  /** Done when every region's router reports exactly what was written, or when somebody else's write stands. */
  awaitGeneration(input: {
    targets: Targets;
    generation: number;
    weightPercent: number;
    withinMs: number;
    /** Writes the way back once more where the store has lost it meanwhile. */
    again?: { step: string; patch: EdgeConfigPatch };
  }): Promise<SeenByRegions>;
  /**
   * Sends everybody back to `from` in one write (after a vendor's own weight, if any), over whatever stands there, except a later switch of the service.
   * @throws ApplicationFailure `Overtaken`, final, when a later switch has written: what this one had is no longer there to undo.
   */
  restoreTraffic(input: {
    targets: Targets;
    step: string;
    patch: EdgeConfigPatch;
    /** Go on even when `from` is sick. */
    force: boolean;
    /** As of `writeEdge`. */
    newest?: number;
  }): Promise<{
    restored: boolean;
    fromHealth: string;
    generation: number;
    weightPercent: number;
    /** Why the write, which stands in the store, could not be read back on its way to the routers; null when it was. */
    unconfirmed: string | null;
  }>;
  /** Proves `color`'s queue empty for a quiet period, or says why not before the budget ends. */
  drainQueue(input: {
    targets: Targets;
    color: Color;
    quietMs: number;
    budgetMs: number;
  }): Promise<{ drained: boolean; detail: string; dead: number }>;
  /**
   * The fence window: moves stragglers and counts late writes. It stays open for `forMs`, and beyond that while `from` holds jobs,
   * until `budgetMs` are over or the target refuses.
   */
  guardFence(input: {
    targets: Targets;
    step: string;
    forMs: number;
    /** From its start, ms; at least `forMs`. */
    budgetMs: number;
    /** `from`'s counter of late writes that an earlier window began with. */
    lateBase: number | null;
  }): Promise<FenceWindow>;
  /**
   * Moves every job of `from`'s queue, however many, and those that become visible later, until the queue has been empty for
   * `quietMs` or `budgetMs` are over since the bulk was moved. A target that refuses is tried again as often as costs no job.
   */
  moveJobs(input: {
    targets: Targets;
    step: string;
    from: Color;
    to: Color;
    quietMs: number;
    budgetMs: number;
  }): Promise<{ moved: number; left: WaitingJobs; refused: string | null }>;
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
