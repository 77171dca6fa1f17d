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
