/** The search attributes that a switch sets: for people who search, never read by the switch itself. */
export const ATTRIBUTE = {
  service: 'CutoverService',
  stage: 'CutoverStage',
  /** Percent of users on `to`, as read back. */
  weight: 'CutoverWeight',
  /** Kind of the outcome; absent until the switch has ended. */
  outcome: 'CutoverOutcome',
} as const;

/** Attribute name to type, as the `temporal` CLI spells it. */
export const CUTOVER_SEARCH_ATTRIBUTES = {
  [ATTRIBUTE.service]: 'Keyword',
  [ATTRIBUTE.stage]: 'Keyword',
  [ATTRIBUTE.weight]: 'Double',
  [ATTRIBUTE.outcome]: 'Keyword',
} as const;
