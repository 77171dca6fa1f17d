/** The evidence of a switch: written, found, verified and replayed. */
export { DEFAULT_FOLDER, findPack, findPackOf, openEvidence, readReport, type StoreNamed } from './find.ts';
export { readLook, withAnswers } from './looks.ts';
export { readPack, type EvidencePack } from './pack.ts';
export { probeLines } from './probe-lines.ts';
export { signingKey } from './signature.ts';
export { verifyEvidence, type RecordCheck } from './verify.ts';
export { whatIf, type WhatIfRow } from './whatif.ts';
