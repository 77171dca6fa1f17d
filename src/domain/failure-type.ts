/**
 * Types of the failures that activities and the workflow end with. They stand in histories, and retry policies go by them, so that a
 * spelling of one's own would make a final failure one that is tried again.
 */

/** Failures of an activity that trying again cannot mend; the workflow decides what they mean. */
export const FINAL_FAILURES = ['EdgeConflict', 'LeaseExpired', 'Fatal', 'NeedsHuman', 'BadPlan'] as const;

export type FailureType =
  | (typeof FINAL_FAILURES)[number]
  /** Of an activity, and tried again or handled by whoever called it. */
  | 'Retry'
  | 'Reread'
  | 'LookAgain'
  | 'EvidenceGone'
  | 'Overtaken'
  | 'Zombie'
  /** Of the workflow itself, or of one of its messages. */
  | 'BadInput'
  | 'DecommissionFailed'
  | 'Refused';
