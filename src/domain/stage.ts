/** The stages of a switch, in playbook order. */
export const STAGES = [
  'preflight',
  'shadow',
  'canary',
  'warmup',
  'ramp',
  'cutover',
  'caches',
  'audit',
  'hold',
  'decommission',
] as const;

export type Stage = (typeof STAGES)[number];

/** Stages in which gates are judged. */
export const JUDGED_STAGES = [
  'shadow',
  'canary',
  'ramp',
  'caches',
  'audit',
  'hold',
] as const satisfies readonly Stage[];

export type JudgedStage = (typeof JUDGED_STAGES)[number];
