/**
 * Probes: load a set, send its grid to both colors, score the answers, calibrate the judge.
 *
 * What asking takes, as one import. Commands that make sets (import, curate, hold out) take their own files.
 */
export { CONTRACT_MAP } from '../domain/probes/contract-map.ts';
export { compileAnswerSchema } from './answer-schema.ts';
export { calibrate } from './calibrate.ts';
export { loadCalibration } from './calibration-file.ts';
export { type CachedEmbedder } from './embed/cache.ts';
export { type Embedder } from './embed/embedder.ts';
export { createEmbedder } from './embed/index.ts';
export { errorClass } from './error-class.ts';
export { runCells } from './grid.ts';
export { lintAgainst, lintParaphrases, lintProbeSet, type LintFinding } from './lint.ts';
export { lintEmbedder } from './lint-embedder.ts';
export { loadProbeSet, type LoadedProbeSet } from './probe-set.ts';
export { compileResponseMap } from './response-map.ts';
export { paced, pacer } from './pace.ts';
export { createSender, type Sender, type SenderOptions } from './sender.ts';
