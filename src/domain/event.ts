/**
 * What happens in a switch, as facts. Stages emit events; everything a person sees (`status`, the board, the CLI,
 * the evidence pack) is a fold of the same list.
 */
import type { Color } from './color.ts';
import type { Concern, Pinned } from './concern.ts';
import type { Command } from './command.ts';
import type { Finding } from './finding.ts';
import type { Verdict } from './gate.ts';
import type { GateSummary } from './gate-record.ts';
import type { WaitingJobs } from './jobs.ts';
import type { Look } from './look-input.ts';
import type { Stage } from './stage.ts';
import type { Outcome, StepHow, Wait } from './state.ts';

export type SwitchEvent = { readonly atMs: number } & SwitchFact;

export type SwitchFact =
  | { readonly type: 'started'; readonly by: string; readonly planDigest: string }
  | { readonly type: 'stage-entered'; readonly stage: Stage }
  | { readonly type: 'stage-passed'; readonly stage: Stage; readonly note: string }
  | { readonly type: 'findings'; readonly findings: readonly Finding[] }
  | { readonly type: 'baseline'; readonly evidence: string }
  /** What each color is and has to stay; `why` when somebody accepted another release or index since. */
  | { readonly type: 'pinned'; readonly pinned: Readonly<Record<Color, Pinned>>; readonly why: string | null }
  /** `actual` is what was read back, never what was sent. */
  | {
      readonly type: 'edge-written';
      readonly step: string;
      /** Where cohorts move users, the plan's estimate. */
      readonly desiredPercent: number;
      readonly actualPercent: number;
      /** The cohorts on `to`; absent where a weight moves users. */
      readonly cohorts?: readonly string[];
      readonly generation: number;
    }
  /** What stands at the edge, where this switch did not write it just now. */
  | {
      readonly type: 'edge-read';
      readonly step: string;
      readonly actualPercent: number;
      readonly generation: number;
    }
  | { readonly type: 'hold-started'; readonly step: string; readonly forMs: number; readonly looks: number }
  | {
      readonly type: 'looked';
      readonly step: string;
      readonly look: Pick<Look, 'index' | 'planned' | 'final'>;
      readonly verdict: Verdict;
      readonly gates: readonly GateSummary[];
      /** Absent: none. */
      readonly concerns?: readonly Concern[];
      /** User requests in the window; null when nobody could count them. */
      readonly requests?: number | null;
      readonly evidence: string;
      /** Digest of the dialogs that were begun on `from` and left open for the audit. Absent: none. */
      readonly openDialogs?: string;
    }
  | { readonly type: 'hold-ended'; readonly step: string; readonly verdict: Verdict }
  | { readonly type: 'waiting'; readonly wait: Wait }
  | { readonly type: 'waited'; readonly how: string }
  | { readonly type: 'ramp-step'; readonly index: number; readonly weightPercent: number }
  | { readonly type: 'commanded'; readonly command: Command; readonly answer: string }
  | { readonly type: 'command-refused'; readonly command: Command; readonly answer: string }
  /** A signal that no handler knows; its name, and how many there were by then. */
  | { readonly type: 'signal-ignored'; readonly name: string; readonly total: number }
  | { readonly type: 'transaction-opened'; readonly attempt: number; readonly freezeUntilMs: number }
  | { readonly type: 'drained'; readonly quietMs: number; readonly dead: number }
  | { readonly type: 'unwound'; readonly attempt: number; readonly reason: string }
  /** `frozenMs`: how long writes were frozen; null where the plan has none. */
  | { readonly type: 'flipped'; readonly generation: number; readonly frozenMs: number | null }
  | { readonly type: 'transaction-closed' }
  /** `left`: what `from`'s queue holds all the same, by a person's word; null without a queue. */
  | {
      readonly type: 'fence-closed';
      readonly moved: number;
      readonly lateWrites: number;
      readonly left: WaitingJobs | null;
    }
  | { readonly type: 'warmed'; readonly sent: number; readonly cold: number; readonly failed: number }
  | {
      readonly type: 'cache-moved';
      readonly purged: string;
      readonly primed: number;
      readonly failed: number;
    }
  /** Where a step of the user's own is now; `step` is its name in the plan. */
  | {
      readonly type: 'step';
      readonly step: string;
      readonly round: number;
      readonly how: StepHow;
      readonly detail: string;
    }
  /** From here on users may be on `to`, whatever becomes of the write. Only where a step is kept from then on. */
  | { readonly type: 'flip-begun' }
  /** It is known that the write was not made. */
  | { readonly type: 'flip-refused' }
  | { readonly type: 'undo-registered'; readonly undo: string }
  | {
      readonly type: 'rollback-started';
      readonly trigger: 'operator' | 'cancel' | 'gate' | 'deadline' | 'failure';
      readonly reason: string;
      readonly gate: string | null;
    }
  | { readonly type: 'rollback-restored'; readonly generation: number; readonly restoredInMs: number }
  | { readonly type: 'rollback-step'; readonly undo: string; readonly detail: string }
  | { readonly type: 'rollback-stuck'; readonly undo: string; readonly sinceMs: number }
  | { readonly type: 'no-return'; readonly color: Color }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'ended'; readonly outcome: Outcome };
