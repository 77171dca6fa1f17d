/**
 * Probes: load a set, send its grid to both colors, score the answers, calibrate the judge.
 *
 * Invariant: this is the only door; activities and commands import nothing behind it.
 */
export { CONTRACT_MAP } from '../domain/probes/contract-map.ts';
export { compileAnswerSchema, type AnswerCheck } from './answer-schema.ts';
export { calibrate, type CalibrateOptions, type CalibrationResult } from './calibrate.ts';
export { loadCalibration, saveCalibration } from './calibration-file.ts';
export { withCache, type CachedEmbedder } from './embed/cache.ts';
export { EmbedderError, type Embedder, type EmbedRole } from './embed/embedder.ts';
export { createEmbedder } from './embed/index.ts';
export { createLexical } from './embed/lexical.ts';
export { createOpenAi, type OpenAiOptions } from './embed/openai.ts';
export { createUseLite } from './embed/use-lite.ts';
export { openVectorFile, type VectorFile } from './embed/vector-file.ts';
export { runCells, type GridProgress, type RunCellsOptions } from './grid.ts';
export { lintAgainst, lintParaphrases, lintProbeSet, type LintFinding, type LintOptions } from './lint.ts';
export { loadProbeSet, probeSetDigest, type LoadedProbeSet } from './probe-set.ts';
export { compileResponseMap, type MappedAnswer, type ResponseMapper } from './response-map.ts';
export { scoreRun, scoreRuns, type SentCell } from './score.ts';
export { createSender, type Sender, type SenderOptions, type SentAnswer } from './sender.ts';
