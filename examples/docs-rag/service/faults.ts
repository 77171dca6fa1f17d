/**
 * Every way the demo can break a color, in one place; switched at run time by `POST /__fault`.
 *
 * Invariant: `none` is the identity. What the gates are proven against is the code that serves users, with one
 * of these few lines in its way.
 */
import type { IndexIdentity } from '../../../src/domain/identity.ts';
import { buildIndex } from './retriever.ts';
import type { Hit, Index, IndexOptions } from './retriever.ts';

export const FAULT_NAMES = [
  'none',
  'slow-tail',
  'bad-index',
  'near-miss',
  'fragments',
  'shard-missing',
  'seed-unstable',
  'stemmer-mismatch',
  'new-error-class',
  'full-load',
  'stream-error',
  'schema-break',
  'cold-only',
  'queue-stuck',
  'dialog-lost',
  'rebuilt-index',
  'noisy-neighbour',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

export function isFaultName(value: unknown): value is FaultName {
  return FAULT_NAMES.some((name) => name === value);
}

/** What a fault is now: one that shows under all users is none until they have come. */
export function faultNow(fault: FaultName, hasAllUsers: boolean): FaultName {
  if (fault !== 'full-load') return fault;
  return hasAllUsers ? 'new-error-class' : 'none';
}

/** A neighbour takes the machine for so long, so often, ms: both colors wait at the same time. */
const NOISE = { everyMs: 2500, forMs: 800 };

/** Factor on the time between headers and end of body: p95 falls into the slowed 12 %. */
export function bodyFactor(fault: FaultName, nowMs: number = Date.now()): number {
  if (fault === 'noisy-neighbour') return nowMs % NOISE.everyMs < NOISE.forMs ? 4 : 1;
  return fault === 'slow-tail' && Math.random() < 0.12 ? 8 : 1;
}

/** True when this body is to be cut: a chunked body without its terminator. */
export function cutsBody(fault: FaultName): boolean {
  return fault === 'new-error-class' && Math.random() < 0.04;
}

/** True when this stream is to carry an error, its status long sent; by question, so that asking again shows it again. */
export function failsInStream(fault: FaultName, question: string): boolean {
  return fault === 'stream-error' && fnv(question) % 20 === 0;
}

/** Some answers lose a required field; by question, so that asking again shows it again. */
export function reshape(
  fault: FaultName,
  question: string,
  body: Record<string, unknown>,
): Record<string, unknown> {
  if (fault !== 'schema-break' || fnv(question) % 4 !== 0) return body;
  const { citations, ...rest } = body;
  return { ...rest, cites: citations };
}

/** As without reserved concurrency: one instance is kept, every other starts slowly and ends as soon as it is idle. */
export function instanceLife(fault: FaultName): {
  readonly extraIdleMs: number;
  readonly extraColdMs: number;
} {
  return fault === 'cold-only'
    ? { extraIdleMs: 0, extraColdMs: 600 }
    : { extraIdleMs: Number.POSITIVE_INFINITY, extraColdMs: 0 };
}

/** Dialogs are kept where the other color does not look. */
export function dialogName(fault: FaultName, color: string, dialog: string): string {
  return fault === 'dialog-lost' ? `${color}/${dialog}` : dialog;
}

/** The consumer takes jobs, keeps them invisible and never acknowledges them. */
export function holdsJobs(fault: FaultName): boolean {
  return fault === 'queue-stuck';
}

/** What the fault does to the index: to how it is built, or only to how it is asked. */
const INDEX_FAULTS: Partial<
  Record<FaultName, { readonly builds: boolean; readonly as: Partial<IndexOptions> }>
> = {
  'near-miss': { builds: false, as: { defect: 'nearMiss' } },
  'seed-unstable': { builds: false, as: { defect: 'seedUnstable' } },
  // The index is stemmed; questions are no longer.
  'stemmer-mismatch': { builds: false, as: { analyzer: 'plain' } },
  fragments: { builds: true, as: { chunkWords: 40, overlapWords: 7 } },
  'shard-missing': { builds: true, as: { defect: 'dropShard' } },
  'rebuilt-index': { builds: true, as: { defect: 'dropFew' } },
};

/** The index as the fault has it: costs as much as a start where it must be built anew, so it is asked for once. */
export function faultyIndex(fault: FaultName, index: Index): Index {
  const broken = INDEX_FAULTS[fault];
  if (broken === undefined) return index;
  const options = { ...index.options, ...broken.as };
  if (!broken.builds) return { ...index, options };
  return buildIndex([...new Set(index.chunks.map((chunk) => chunk.section))], options);
}

/**
 * The identity answers report. It stays the right one, as with a build that went wrong under its label; only the analyzer is read
 * from the query-time config, which the health contract, written at deployment, knows nothing of.
 */
export function reportedIdentity(fault: FaultName, index: IndexIdentity): IndexIdentity {
  return fault === 'stemmer-mismatch' ? { ...index, analyzer: 'plain' } : index;
}

/** Id skew: the ranking is right, but ids point half an index away, as after loading vectors against old row ids. */
export function faultyHits(fault: FaultName, index: Index, hits: readonly Hit[]): readonly Hit[] {
  if (fault !== 'bad-index') return hits;
  return hits.map((hit) => {
    const at = index.chunks.findIndex(
      (c) => c.section.section_id === hit.section_id && c.start === hit.offsets.start,
    );
    const other = index.chunks[(at + (index.chunks.length >> 1)) % index.chunks.length];
    if (other === undefined) return hit;
    const { section, start, end, tokens } = other;
    return {
      snippet_id: `${section.section_id}@${start}-${end}`,
      section_id: section.section_id,
      source_url: section.source_url,
      offsets: { start, end, unit: 'char' },
      tokens,
      text: section.text.slice(start, end),
      score: hit.score,
    };
  });
}

/** Small string hash; also paces the model. */
export function fnv(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
