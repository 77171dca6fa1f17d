/**
 * A bad day as plain data: the switches of one service, what goes wrong in its world, and what its operators do.
 * Invariant: a scenario with its seed is everything a run depends on, so a shorter one is made by leaving parts out.
 */
import type { CommandName } from '../../src/domain/command.ts';
import type { Deadline, StepPlace } from '../../src/domain/plan.ts';
import type { Stage } from '../../src/domain/stage.ts';

/** Where a switch stands, as the world sees it: by what the config store holds. */
export type Phase = 'start' | 'exposed' | 'frozen' | 'flipped' | 'back';

/** At the `call`-th port call of a phase, or when the `ask`-th wait for a person is seen. */
export type When = { readonly phase: Phase; readonly call: number } | { readonly ask: number };

/**
 * What the edge is made of. `router`: our router moves users, by a store that compares and sets. `native`: a vendor's own weight moves them.
 * `lossy`: the store compares and sets, and fails over to one that lacks what it acknowledged. `last-write`: the store keeps what came last.
 */
export const EDGES = ['router', 'native', 'lossy', 'last-write'] as const;
export type EdgeKind = (typeof EDGES)[number];

interface Lasting {
  readonly when: When;
  /** On the switch's clock. */
  readonly forMs: number;
}

interface Counted {
  readonly when: When;
  readonly times: number;
}

export type Fault =
  /** The edge write is applied, its answer is lost. */
  | ({ readonly kind: 'lost-reply' } & Counted)
  | ({ readonly kind: 'throttled' } & Counted)
  | ({ readonly kind: 'store-away' } & Lasting)
  /** Reads answer with the generation `back` before the newest; `back` 99 is "nothing stored". */
  | ({ readonly kind: 'stale-read'; readonly back: number } & Counted)
  | { readonly kind: 'stranger'; readonly when: When; readonly weightPercent: number }
  /** The store loses its newest generations. */
  | { readonly kind: 'fails-over'; readonly when: When; readonly back: number }
  /** The vendor's weight is set and the answer is lost; it does not answer; it starts anew; somebody else sets it. */
  | ({ readonly kind: 'weight-lost-reply' } & Counted)
  | ({ readonly kind: 'weight-away' } & Lasting)
  | { readonly kind: 'vendor-restart'; readonly when: When }
  | { readonly kind: 'weight-stranger'; readonly when: When; readonly weightPercent: number }
  | ({ readonly kind: 'region-away'; readonly region: number } & Lasting)
  /** A region's router claims a generation that nobody wrote. */
  | ({ readonly kind: 'region-lies'; readonly region: number } & Lasting)
  | ({ readonly kind: 'sick'; readonly side: 'from' | 'to'; readonly how: 'errors' | 'down' } & Lasting)
  | { readonly kind: 'release'; readonly when: When; readonly side: 'from' | 'to' }
  | ({ readonly kind: 'telemetry'; readonly how: 'away' | 'silent' | 'late' | 'torn' | 'lying' } & Lasting)
  | ({ readonly kind: 'notifier-away' } & Lasting)
  | ({ readonly kind: 'evidence-away' } & Lasting)
  | ({ readonly kind: 'health-away'; readonly side: 'from' | 'to' } & Lasting)
  /** A producer that obeys nobody goes on to enqueue on `from`. */
  | ({ readonly kind: 'straggler'; readonly everyMs: number } & Lasting)
  | { readonly kind: 'poison'; readonly when: When; readonly jobs: number }
  | {
      readonly kind: 'delayed';
      readonly when: When;
      readonly jobs: number;
      readonly delayMs: number;
      readonly on: 'producer' | 'from';
    }
  /** The clock of the workers jumps; what is wrong from the start is refused in preflight. */
  | ({ readonly kind: 'clock'; readonly byMs: number } & Lasting)
  /** Consumers of one color stand still. */
  | ({ readonly kind: 'consumer-away'; readonly side: 'from' | 'to' } & Lasting)
  | ({ readonly kind: 'queue-away' } & Lasting)
  /** Jobs are sent on, then the call fails before they are deleted at the source. */
  | ({ readonly kind: 'half-move' } & Counted)
  | { readonly kind: 'still-cached'; readonly when: When; readonly times: number }
  | { readonly kind: 'cold'; readonly when: When; readonly times: number }
  | { readonly kind: 'retire-fails'; readonly when: When; readonly times: number }
  /** The receiver of steps does not answer to what it is asked to do, or to undo. */
  | ({ readonly kind: 'step-away'; readonly does: 'do' | 'undo' } & Lasting)
  | ({ readonly kind: 'step-refused' } & Counted)
  /** A step is done or undone, and its answer lost. */
  | ({ readonly kind: 'step-unanswered' } & Counted)
  /** A worker stops in this activity (at its `nth` run) and goes on during the next switch of the service. */
  | {
      readonly kind: 'zombie';
      readonly activity: 'writeEdge' | 'restoreTraffic' | 'moveJobs';
      readonly nth: number;
    };

export type FaultKind = Fault['kind'];

export interface Command {
  readonly name: CommandName | 'cancel';
  readonly how: 'signal' | 'update';
  readonly by: string;
  readonly stage?: Stage;
  readonly gate?: string;
  readonly hold?: true;
  readonly change?: unknown;
  readonly reason?: string;
  /** Sent so many times under one command id. */
  readonly repeats: number;
}

/** Commands that are sent at once, without waiting for one another's answer. */
export interface Burst {
  readonly when: When;
  readonly commands: readonly Command[];
}

export interface Approval {
  readonly before: Stage;
  readonly approvers: readonly string[];
  readonly count: number;
  readonly deadline: Deadline;
}

/** A step of the user's own. */
export interface StepChoice {
  readonly at: StepPlace;
  readonly name: string;
  readonly undo: 'always' | 'until-flip' | 'keep';
}

export interface PlanChoice {
  readonly regions: number;
  readonly queue: 'fifo' | 'standard' | null;
  readonly cache: boolean;
  readonly warmup: boolean;
  readonly topology: 'weight' | 'header';
  readonly notify: boolean;
  readonly approvals: readonly Approval[];
  readonly peak: 'none' | 'telemetry' | 'window';
  readonly retire: boolean;
  /** Length of the holds. */
  readonly pace: 'seconds' | 'minutes' | 'hours';
  readonly looks: number;
  readonly ramp: readonly number[];
  readonly onRed: 'restart' | 'rollback';
  readonly restarts: number;
  readonly attempts: number;
  readonly extensions: number;
  readonly inconclusive: 'pause' | 'abort' | 'promote';
  /** Then-action of each wait that has one. */
  readonly questions: 'rollback' | 'pause' | 'proceed';
  readonly pauseMs: number;
  readonly pauseThen: 'rollback' | 'proceed';
  /** Built-in gates that are asked. */
  readonly gates: readonly string[];
  readonly customGate: boolean;
  readonly steps: readonly StepChoice[];
}

export interface Switch {
  readonly plan: PlanChoice;
  readonly faults: readonly Fault[];
  readonly bursts: readonly Burst[];
}

export interface Scenario {
  readonly seed: number;
  readonly edge: EdgeKind;
  readonly switches: readonly Switch[];
  /** Propagation to each region, ms. */
  readonly lagMs: readonly number[];
  /** How far the workers' clocks are ahead of the store's, ms. */
  readonly skewMs: number;
  /** How long a broker's counts lag, ms. */
  readonly countsLagMs: number;
  /** How long a job takes, ms. */
  readonly workMs: number;
  /** Whether the worker keeps next to nothing in its cache, so that workflows are replayed. */
  readonly replays: boolean;
}
