/**
 * Hashed TF-IDF: an instant embedder without weights. AUC about .96 on technical text but on another scale
 * than neural ones, so it needs calibration like any.
 *
 * Invariant: a pure function of the text and of the idf of the probe set's sections, whose digest is in the id.
 */
import { createHash } from 'node:crypto';
import { foldText } from '../../domain/fold-text.ts';
import { wordTokens } from '../../domain/probes/tokens.ts';
import type { Embedder } from './embedder.ts';
import { unitVector } from './embedder.ts';

const DIM = 2048;

function terms(text: string): string[] {
  const folded = foldText(text);
  return wordTokens(folded).map(({ start, end }) => folded.slice(start, end));
}

function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** @param corpus texts whose document frequencies weigh the words: the probe set's sections. */
export function createLexical(corpus: Iterable<string>): Embedder {
  const frequency = new Map<string, number>();
  const digest = createHash('sha256');
  let documents = 0;
  for (const text of corpus) {
    documents += 1;
    digest.update(text).update('\0');
    for (const term of new Set(terms(text))) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  }
  const id = `lexical/${DIM}/${digest.digest('hex').slice(0, 12)}`;
  const idf = (term: string): number => Math.log(1 + documents / (1 + (frequency.get(term) ?? 0)));
  const one = (text: string): Float32Array => {
    const counts = new Map<string, number>();
    for (const term of terms(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
    const out = new Float32Array(DIM);
    // The sign bit makes collisions cancel on average instead of adding up.
    for (const [term, n] of counts) {
      const h = fnv1a(term);
      const sign = (h & 0x80000000) === 0 ? 1 : -1;
      out[h % DIM] = (out[h % DIM] ?? 0) + sign * (1 + Math.log(n)) * idf(term);
    }
    // A text without words still needs a direction; this one is orthogonal to nearly everything.
    if (out.every((x) => x === 0)) out[0] = 1;
    return unitVector(out, DIM, id);
  };
  return {
    id,
    dim: DIM,
    maxTokens: Number.MAX_SAFE_INTEGER,
    windowWords: 60,
    embed: async (texts, _role, signal) => {
      signal?.throwIfAborted();
      return texts.map(one);
    },
    close: async () => {},
  };
}
