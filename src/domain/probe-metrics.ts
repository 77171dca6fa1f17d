/**
 * The measures of a probe run: words, ΔS, coverage, λ, and the plan of rounds. One import for gates and activities.
 *
 * Invariant: everything here is a pure function, so a verdict can be recomputed offline from stored runs.
 */
export * from './probes/align.ts';
export * from './probes/answer-class.ts';
export * from './probes/coverage.ts';
export * from './probes/delta-s.ts';
export * from './probes/lambda.ts';
export * from './probes/rounds.ts';
export * from './probes/tokens.ts';
