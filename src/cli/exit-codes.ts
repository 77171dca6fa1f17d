/**
 * Exit codes, for scripts and CI. The user's page is docs/exit-codes.md.
 * Invariant: a code has one meaning in every command; 64 and up are the codes of sysexits and of shells.
 */
import type { Outcome } from '../domain/state.ts';

export const EXIT = {
  /** Done; the switch completed. */
  ok: 0,
  /** A check found something that is wrong. */
  checkFailed: 1,
  /** A mistake of the caller. */
  user: 2,
  /** The command is not legal now; nothing changed. */
  refused: 3,
  /** `compare`, `check`: too little was learnt to say yes or no; nothing changed either. */
  undecided: 3,
  /** Refused at preflight, before anything changed. */
  preflight: 4,
  rolledBack: 5,
  /** The switch ended in another way: terminated, failed, timed out. */
  endedOtherwise: 6,
  /** Evidence of another version of cutover: it can neither be confirmed nor refuted here. */
  otherVersion: 7,
  /** Temporal cannot be reached (EX_UNAVAILABLE). */
  unreachable: 69,
  /** A bug of cutover (EX_SOFTWARE). */
  bug: 70,
  /** Temporal answers, and does not let these credentials in (EX_NOPERM). */
  denied: 77,
  /** Temporal answers, and the settings do not fit it: TLS, namespace, address (EX_CONFIG). */
  settings: 78,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

const OUTCOMES: Readonly<Record<Outcome['kind'], number>> = {
  completed: EXIT.ok,
  refused: EXIT.preflight,
  'rolled-back': EXIT.rolledBack,
};

/** The code of a switch that was waited for; null when it ended without an outcome. */
export function outcomeExit(outcome: Outcome | null): number {
  return outcome === null ? EXIT.endedOtherwise : OUTCOMES[outcome.kind];
}
