/** The state of a switch: `events.reduce(evolve, initialState(...))`; what each event changes in it is in `evolve.ts`. */
import type { Color } from './color.ts';
import type { Concern, Pinned } from './concern.ts';
import type { Finding } from './finding.ts';
import type { GateName, Verdict } from './gate.ts';
import type { GateSummary } from './gate-record.ts';
import type { Plan } from './plan.ts';
import type { Stage } from './stage.ts';

export type WaitKind = 'approval' | 'paused' | 'question' | 'peak' | 'backoff' | 'sick-from';

/** The one thing a switch waits for, with its deadline and what happens then. */
export interface Wait {
  readonly kind: WaitKind;
  readonly what: string;
  /** Stage that waits for approval. */
  readonly stage?: Stage;
  /** Gates behind a question; it ends when each of them is overridden. */
  readonly gates?: readonly GateName[];
  readonly sinceMs: number;
  readonly deadlineMs: number | null;
  /** What happens at the deadline, in words. */
  readonly then: string;
  /** Somebody has ended it; it is on its way out. */
  readonly overridden?: boolean;
}

/**
 * `begun`: its undo is registered, and whether it was done is not known. `failed`: nor is it then. `skipped`: by a person's word the
 * switch goes on without it. `left`: it could not be undone, and a person went on without that.
 */
export type StepHow = 'begun' | 'done' | 'failed' | 'skipped' | 'undone' | 'kept' | 'left';

/** What is known of a step of the user's own that was tried. */
export interface StepStanding {
  readonly name: string;
  /** From 1; one more when it is done anew after its undo. Tries of one round are one effect. */
  readonly round: number;
  readonly how: StepHow;
  readonly detail: string;
  readonly atMs: number;
  /** Its effect may stand: it was tried, and not undone since. */
  readonly stands: boolean;
}

export type Outcome =
  | { readonly kind: 'completed'; readonly report: string | null }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'rolled-back';
      readonly reason: string;
      readonly gate: string | null;
      /** Milliseconds from the trigger to the edge reading back `from` = 100 %; null when nothing had left `from`. */
      readonly restoredInMs: number | null;
      readonly remedy: string;
      /** What is not known to be as it was, in words; empty when everything was undone. */
      readonly left: readonly string[];
      readonly report: string | null;
    };

export interface SwitchState {
  readonly switchId: string;
  readonly plan: Plan;
  readonly planDigest: string;
  readonly startedBy: string;
  readonly startedAtMs: number;
  readonly stage: Stage;
  readonly stageSinceMs: number;
  readonly stagesPassed: readonly Stage[];
  readonly findings: readonly Finding[];
  readonly baseline: string | null;
  /** Digest of the dialogs that the last hold before the flip left open. */
  readonly openDialogs: string | null;
  readonly desiredPercent: number;
  readonly actualPercent: number | null;
  readonly generation: number | null;
  /** Largest generation ever seen; more than `generation` where the store has lost it. Absent: none was seen. */
  readonly newestGeneration?: number;
  /** Index of the ramp step under way; -1 before the ramp. */
  readonly rampStep: number;
  readonly hold: {
    readonly step: string;
    readonly sinceMs: number;
    readonly endsMs: number;
    readonly looks: number;
    /** Somebody has ended it; it is on its way out. */
    readonly overridden?: boolean;
  } | null;
  readonly gates: readonly GateSummary[];
  /** What did not stand as this switch left it at the last look. */
  readonly concerns: readonly Concern[];
  /** What each color is and has to stay; null before preflight. */
  readonly pinned: Readonly<Record<Color, Pinned>> | null;
  /** Verdicts of all looks so far, counted. */
  readonly looks: Readonly<Partial<Record<Verdict, number>>>;
  readonly wait: Wait | null;
  readonly pause: { readonly by: string; readonly sinceMs: number } | null;
  readonly inTransaction: boolean;
  readonly flipped: boolean;
  /** A flip was written, or may have been. Told only where a step of the user's own is kept from then on. */
  readonly flipBegun: boolean;
  readonly frozenMs: number | null;
  readonly moved: number;
  readonly lateWrites: number;
  readonly approvals: readonly { readonly stage: Stage; readonly by: string; readonly atMs: number }[];
  readonly overrides: readonly {
    readonly gate: GateName | null;
    readonly by: string;
    readonly reason: string;
  }[];
  /** Changes of the plan that made it easier to pass. */
  readonly loosened: readonly { readonly by: string; readonly reason: string; readonly what: string }[];
  /** The newest ones, against repeats. */
  readonly commandIds: readonly string[];
  readonly undo: readonly string[];
  /** Steps of the user's own that were tried, the one that was begun last at the end. */
  readonly steps: readonly StepStanding[];
  /** Set the moment a rollback is accepted: from then on nothing of the way forward may begin. */
  readonly rollbackAsked: { readonly by: string; readonly reason: string; readonly atMs: number } | null;
  readonly rollback: {
    readonly sinceMs: number;
    readonly reason: string;
    readonly gate: string | null;
    readonly restoredInMs: number | null;
    readonly stuck: string | null;
    /** Somebody was told that `from` is sick and asked again. */
    readonly insisted: boolean;
    /** Steps that an operator gave up. */
    readonly skipped: readonly { readonly undo: string; readonly by: string; readonly reason: string }[];
  } | null;
  readonly pastNoReturn: boolean;
  readonly outcome: Outcome | null;
}

export function initialState(plan: Plan, planDigest: string, switchId: string): SwitchState {
  return {
    switchId,
    plan,
    planDigest,
    startedBy: '',
    startedAtMs: 0,
    stage: 'preflight',
    stageSinceMs: 0,
    stagesPassed: [],
    findings: [],
    baseline: null,
    openDialogs: null,
    desiredPercent: 0,
    actualPercent: null,
    generation: null,
    rampStep: -1,
    hold: null,
    gates: [],
    concerns: [],
    pinned: null,
    looks: {},
    wait: null,
    pause: null,
    inTransaction: false,
    flipped: false,
    flipBegun: false,
    frozenMs: null,
    moved: 0,
    lateWrites: 0,
    approvals: [],
    overrides: [],
    loosened: [],
    commandIds: [],
    undo: [],
    steps: [],
    rollbackAsked: null,
    rollback: null,
    pastNoReturn: false,
    outcome: null,
  };
}
