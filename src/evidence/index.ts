/** Verdicts recomputed offline: the library behind `cutover verify` and `cutover whatif`. */
export type { ReadEvidence } from './evidence.ts';
export { verifyEvidence, type RecordCheck } from './verify.ts';
export { whatIf, type SettingsOverride, type WhatIfRow } from './whatif.ts';
