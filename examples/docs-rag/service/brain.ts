/**
 * What one instance does: read the corpus, build the index, answer questions.
 * The service itself uses it only to learn the identity of its index.
 */
import { readFileSync } from 'node:fs';
import type { IndexIdentity } from '../../../src/domain/identity.ts';
import type { Color } from '../../../src/domain/color.ts';
import { dataFile } from '../shared/paths.ts';
import { faultyHits, faultyIndex } from './faults.ts';
import type { FaultName } from './faults.ts';
import { BLUE, buildIndex, extractiveAnswer, search } from './retriever.ts';
import type { Hit, Index, Section } from './retriever.ts';

export interface IndexSettings {
  readonly chunkWords: number;
  readonly overlapWords: number;
}

export interface Ask {
  readonly question: string;
  readonly seed: number;
  readonly k: number;
  readonly fault: FaultName;
}

export interface Answered {
  readonly answer: string;
  readonly refusal: boolean;
  readonly citations: readonly string[];
  readonly hits: readonly Hit[];
}

export function loadIndex(settings: IndexSettings): Index {
  const lines = readFileSync(dataFile('corpus/sections.jsonl'), 'utf8').trim().split('\n');
  const sections = lines.map((line) => JSON.parse(line) as Section);
  return buildIndex(sections, { ...BLUE, ...settings });
}

const faulty = new WeakMap<Index, Map<FaultName, Index>>();

/** The index under a fault, built at the first call: when the fault is switched on, so that no request pays for it. */
export function indexUnder(fault: FaultName, index: Index): Index {
  const known = faulty.get(index) ?? new Map<FaultName, Index>();
  faulty.set(index, known);
  const broken = known.get(fault) ?? faultyIndex(fault, index);
  known.set(fault, broken);
  return broken;
}

export function answerFrom(index: Index, ask: Ask): Answered {
  const found = search(indexUnder(ask.fault, index), ask.question, ask.k, { seed: ask.seed });
  const hits = faultyHits(ask.fault, index, found);
  const { answer, refusal, citations } = extractiveAnswer(ask.question, hits);
  return { answer, refusal, citations, hits };
}

/** The identity every answer of this color carries. */
export function identityOf(settings: IndexSettings, color: Color): IndexIdentity {
  const { INDEX_HASH, metric, analyzer } = loadIndex(settings);
  return { name: `docs-v1-${color}`, INDEX_HASH, metric, analyzer, embedModel: 'none', reranker: 'none' };
}
