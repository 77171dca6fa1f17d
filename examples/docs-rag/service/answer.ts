/**
 * The sample service's "model": picks the best sentences out of the retrieved snippets.
 *
 * Extractive on purpose. It needs no weights and no network, answers the same question the
 * same way, and still cites, refuses and goes wrong in the ways the gates have to notice.
 */
import { terms } from './analyzer.ts';
import type { Hit } from './retriever.ts';

/** What the service says when the documentation holds no answer. */
export const REFUSAL = 'I could not find this in the documentation.';

/** An answer with the sections it was taken from. */
export interface ExtractiveAnswer {
  readonly answer: string;
  readonly citations: string[];
  readonly refusal: boolean;
}

// Below this the best snippet shares only incidental words with the question. Chosen between the
// unanswerable and the answerable questions of the gold set; `scripts/corpus/curate.ts` prints both.
const MIN_EVIDENCE = 4.6;
// A second sentence is quoted only from a snippet about as good as the first.
const SECOND = 0.8;

function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+(?=[A-Z"'(])|\n\n+/u)
    .map((s) => s.trim())
    .filter((s) => s.length > 20);
}

function best(question: ReadonlySet<string>, hit: Hit): { text: string; overlap: number } {
  let found = { text: hit.text.slice(0, 200), overlap: -1 };
  for (const text of sentences(hit.text)) {
    const seen = new Set(terms(text, 'porter'));
    let overlap = 0;
    for (const t of seen) if (question.has(t)) overlap += 1;
    if (overlap > found.overlap) found = { text, overlap };
  }
  return found;
}

/**
 * How well the best snippet matches, comparable between short and long questions: a story of
 * thirty words collects more score by accident than a search of five.
 */
export function evidence(question: string, hits: readonly Hit[]): number {
  const asked = new Set(terms(question, 'porter'));
  return Math.max(0, ...hits.map((h) => h.score)) / Math.sqrt(Math.max(1, asked.size));
}

/** Answers a question from its snippets, or refuses when they are not about it. */
export function extractiveAnswer(question: string, hits: readonly Hit[]): ExtractiveAnswer {
  const [first, ...others] = hits;
  if (first === undefined || evidence(question, hits) < MIN_EVIDENCE)
    return { answer: REFUSAL, citations: [], refusal: true };
  const asked = new Set(terms(question, 'porter'));
  const second = others.find((h) => h.section_id !== first.section_id && h.score >= SECOND * first.score);
  const quoted = second === undefined ? [first] : [first, second];
  return {
    answer: quoted.map((h) => best(asked, h).text).join(' '),
    citations: quoted.map((h) => h.section_id),
    refusal: false,
  };
}
