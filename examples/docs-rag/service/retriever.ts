/**
 * The sample service's retriever: BM25 over overlapping word windows of each section, in memory.
 *
 * Blue is 120-word chunks with 20 words of overlap, green a harmless re-chunk (150/25). The
 * defects are what a bad cutover looks like from outside; they live here, and not in the tests,
 * so that what the gates are proven against is the same code path that serves users.
 */
import { createHash } from 'node:crypto';
import type { Section } from '../../../src/domain/probe.ts';
import { termOf, terms, words } from './analyzer.ts';
import type { Analyzer } from './analyzer.ts';

export type { Section } from '../../../src/domain/probe.ts';
export { evidence, extractiveAnswer, REFUSAL } from './answer.ts';
export type { ExtractiveAnswer } from './answer.ts';
export type { Analyzer } from './analyzer.ts';

/**
 * Faults for the demo. `nearMiss` withholds the best section and returns its siblings,
 * `seedUnstable` shuffles what is delivered by seed, `stemmerMismatch` stems queries but not the
 * index, `dropShard` loses every fifth section, `dropFew` one of fifty, each build others.
 */
export type Defect = 'nearMiss' | 'seedUnstable' | 'stemmerMismatch' | 'dropShard' | 'dropFew';

/** How an index is built. */
export interface IndexOptions {
  readonly chunkWords: number;
  readonly overlapWords: number;
  readonly analyzer: Analyzer;
  readonly metric: 'bm25';
  readonly k1: number;
  readonly b: number;
  readonly defect?: Defect;
}

/** The settings of the color that serves today. */
export const BLUE: IndexOptions = {
  chunkWords: 120,
  overlapWords: 20,
  analyzer: 'porter',
  metric: 'bm25',
  k1: 1.2,
  b: 0.75,
};

/** The settings of the next color: a re-chunk that should change nothing a user notices. */
export const GREEN: IndexOptions = { ...BLUE, chunkWords: 150, overlapWords: 25 };

interface Chunk {
  readonly section: Section;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly length: number;
}

interface Postings {
  readonly chunks: number[];
  readonly counts: number[];
}

/** A built index; `INDEX_HASH` names everything that decides what it answers. */
export interface Index {
  readonly INDEX_HASH: string;
  readonly options: IndexOptions;
  readonly analyzer: Analyzer;
  readonly metric: 'bm25';
  readonly sections: number;
  readonly chunks: readonly Chunk[];
  readonly postings: ReadonlyMap<string, Postings>;
  /** Length normalisation of each chunk, the same for every question. */
  readonly norms: Float64Array;
}

/** One delivered snippet, in the shape of the response contract. */
export interface Hit {
  readonly snippet_id: string;
  readonly section_id: string;
  readonly source_url: string;
  readonly offsets: { readonly start: number; readonly end: number; readonly unit: 'char' };
  readonly tokens: number;
  readonly text: string;
  readonly score: number;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The digest of a corpus: its sections' ids and texts, independent of file layout. */
export function corpusHash(sections: readonly Section[]): string {
  const h = createHash('sha256');
  for (const s of sections) h.update(`${s.section_id}\0${s.text}\0`);
  return h.digest('hex');
}

/** A small string hash for the defects; not for identity. */
/** Which one of fifty: with this one, either build of the sample loses two of its questions. */
const LOST_OF_FIFTY = 26;

/** What an index does not find. One that is approximate loses others each time it is built. */
function isLost(sectionId: string, { defect, chunkWords }: IndexOptions): boolean {
  if (defect === 'dropShard') return fnv1a(sectionId) % 5 === 0;
  return defect === 'dropFew' && fnv1a(`${chunkWords}/${sectionId}`) % 50 === LOST_OF_FIFTY;
}

function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Builds an index; about 0.1 s for the demo corpus. */
export function buildIndex(all: readonly Section[], options: IndexOptions): Index {
  const { chunkWords, overlapWords, k1, b, defect } = options;
  if (chunkWords < 1 || overlapWords < 0 || overlapWords >= chunkWords) {
    throw new RangeError(`overlapWords must be in [0, chunkWords), got ${overlapWords}/${chunkWords}`);
  }
  const analyzer = defect === 'stemmerMismatch' ? 'plain' : options.analyzer;
  const sections = all.filter(({ section_id }) => !isLost(section_id, options));
  const chunks: Chunk[] = [];
  const postings = new Map<string, Postings>();
  let total = 0;
  const add = (term: string, chunk: number): number => {
    if (term === '') return 0;
    const list = postings.get(term);
    if (list === undefined) {
      postings.set(term, { chunks: [chunk], counts: [1] });
    } else if (list.chunks.at(-1) === chunk) {
      list.counts.push((list.counts.pop() ?? 0) + 1);
    } else {
      list.chunks.push(chunk);
      list.counts.push(1);
    }
    return 1;
  };

  for (const section of sections) {
    const body = words(section.text);
    const bodyTerms = body.map((w) => termOf(w.term, analyzer));
    // Every chunk carries its section's title, so that a later chunk still knows its subject.
    const heading = terms(section.title, analyzer);
    for (let from = 0; from < body.length; from += chunkWords - overlapWords) {
      const part = body.slice(from, from + chunkWords);
      const first = part[0];
      const last = part.at(-1);
      if (first === undefined || last === undefined) break;
      const id = chunks.length;
      let length = 0;
      for (const term of heading) length += add(term, id);
      for (const term of bodyTerms.slice(from, from + chunkWords)) length += add(term, id);
      chunks.push({ section, start: first.start, end: last.end, tokens: part.length, length });
      total += length;
      if (from + chunkWords >= body.length) break;
    }
  }

  const average = total / Math.max(1, chunks.length);
  const identity = [corpusHash(sections), analyzer, options.metric, chunkWords, overlapWords, chunks.length];
  return {
    INDEX_HASH: sha256(JSON.stringify(identity)),
    options,
    analyzer,
    metric: options.metric,
    sections: sections.length,
    chunks,
    postings,
    norms: Float64Array.from(chunks, (c) => k1 * (1 - b + (b * c.length) / average)),
  };
}

interface Ranked {
  readonly id: number;
  readonly score: number;
}

function rank(index: Index, question: string): Ranked[] {
  const { k1, analyzer } = index.options;
  const n = index.chunks.length;
  const scores = new Float64Array(n);
  for (const term of new Set(terms(question, analyzer))) {
    const list = index.postings.get(term);
    if (list === undefined) continue;
    const df = list.chunks.length;
    const idf = Math.log(1 + (n - df + 0.5) / (df + 0.5));
    for (let i = 0; i < df; i += 1) {
      const id = list.chunks[i] ?? 0;
      const tf = list.counts[i] ?? 0;
      scores[id] = (scores[id] ?? 0) + (idf * tf * (k1 + 1)) / (tf + (index.norms[id] ?? 1));
    }
  }
  const ranked: Ranked[] = [];
  for (const [id, score] of scores.entries()) if (score > 0) ranked.push({ id, score });
  // Equal scores keep corpus order, so that a repeat of a question is a repeat of the answer.
  return ranked.sort((x, y) => y.score - x.score || x.id - y.id);
}

function withDefect(index: Index, ranked: Ranked[], k: number, key: string): Ranked[] {
  const section = (id: number): Section | undefined => index.chunks[id]?.section;
  if (index.options.defect === 'nearMiss') {
    const best = section(ranked[0]?.id ?? -1);
    const rest = ranked.filter((r) => section(r.id) !== best);
    const near = rest.filter((r) => section(r.id)?.doc_id === best?.doc_id);
    return [...near, ...rest.filter((r) => section(r.id)?.doc_id !== best?.doc_id)];
  }
  if (index.options.defect === 'seedUnstable') {
    // The same k chunks in another order: what is lost is agreement, not coverage.
    const keyed = ranked.slice(0, k).map((r) => ({ r, at: fnv1a(`${key}\0${r.id}`) }));
    return keyed.toSorted((x, y) => x.at - y.at).map((x) => x.r);
  }
  return ranked;
}

/**
 * The k best chunks for a question. `seed` changes nothing on a healthy index: retrieval is
 * deterministic, and only `seedUnstable` reads it.
 */
export function search(
  index: Index,
  question: string,
  k = 5,
  options: { readonly seed?: number } = {},
): Hit[] {
  const ranked = withDefect(index, rank(index, question), k, `${options.seed ?? 0}\0${question}`);
  const hits: Hit[] = [];
  for (const { id, score } of ranked.slice(0, k)) {
    const c = index.chunks[id];
    if (c === undefined) continue;
    hits.push({
      snippet_id: `${c.section.section_id}@${c.start}-${c.end}`,
      section_id: c.section.section_id,
      source_url: c.section.source_url,
      offsets: { start: c.start, end: c.end, unit: 'char' },
      tokens: c.tokens,
      text: c.section.text.slice(c.start, c.end),
      score,
    });
  }
  return hits;
}
