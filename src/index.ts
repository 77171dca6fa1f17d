/** `cutover`: everything a program that embeds it needs; the subpaths say which side it is for. */
export * from './client/index.ts';
export { loadPlan, type LoadedPlan } from './plan/load.ts';
export { previewPlan } from './plan/preview.ts';
export type { Plan } from './domain/plan.ts';
export type { SwitchEvent } from './domain/event.ts';
export type { Outcome, SwitchState } from './domain/state.ts';
export { ProviderError, RefusedError, UserError } from './domain/errors.ts';
