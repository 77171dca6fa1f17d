/** Verdicts recomputed offline: the library behind `cutover verify` and `cutover whatif`. */
export type { ReadEvidence, StoredLook } from './evidence.ts';
export { verifyEvidence, type RecordCheck, type Verification } from './verify.ts';
export { whatIf, type SettingsOverride, type WhatIfRow } from './whatif.ts';
