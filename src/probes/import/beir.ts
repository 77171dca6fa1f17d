/**
 * Imports BEIR folders: corpus, queries and relevance judgements (qrels), each read line by line.
 *
 * Invariant: BEIR's "relevant" means any of them, our targets mean all of them: several equally relevant documents are
 * never turned into targets without a person's choice.
 */
import { join } from 'node:path';
import type { ProbeTarget } from '../../domain/probe.ts';
import { readCorpus, type Corpus } from './beir-corpus.ts';
import { readJudgements, type Judgements } from './beir-qrels.ts';
import { paraphrasesOf, type Draft, type Gap, type ImportedRow } from './draft.ts';
import { jsonLinesOf } from './files.ts';
import type { Importer } from './importer.ts';
import { createNotes, type Notes } from './notes.ts';
import { answerableOf, unread } from './question-row.ts';
import { listOf, objectOf, textOf, type PlacedRow } from './rows.ts';

const OURS = ['topic', 'answerable', 'paraphrases'];
/** Targets that a probe may have. */
const MAX_TARGETS = 20;

export const beir: Importer = {
  reads: 'folder: `corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv` (else the first `*.tsv`)',
  targets: 'the most relevant document; several equally relevant ones are a choice',
  kept: 'ids, title, topic, paraphrases, answerable (`metadata`); documents of any number, drawn if a set cannot hold them',
  lost: 'queries that the split does not judge, judgements of unknown queries, other metadata',
  recognises: () => false,
  async read(folder) {
    const notes = createNotes(['_id', 'text', 'metadata']);
    const judgements = await readJudgements(join(folder, 'qrels'), notes);
    const corpus = await readCorpus(join(folder, 'corpus.jsonl'), judgements.relevant, notes);
    const rows: ImportedRow[] = [];
    const seen = new Set<string>();
    for await (const placed of jsonLinesOf(join(folder, 'queries.jsonl'))) {
      rows.push(rowOf(placed, judgements, corpus, seen, notes));
    }
    for (const [query, { where }] of judgements.byQuery) {
      if (!seen.has(query))
        rows.push({ where, leftOut: `query ${query} is judged and not in queries.jsonl` });
    }
    return { sections: corpus.sections, rows, notes: notes.lines() };
  },
};

function rowOf(
  { where: line, row }: PlacedRow,
  judgements: Judgements,
  corpus: Corpus,
  seen: Set<string>,
  notes: Notes,
): ImportedRow {
  const where = `queries.jsonl, ${line}`;
  const id = textOf(row, '_id');
  if (id === null) return { where, leftOut: 'it has no _id, so nothing says which documents answer it' };
  seen.add(id);
  const more = objectOf(row['metadata']);
  const judged = judgements.byQuery.get(id);
  const flag = answerableOf(more);
  const answerable = flag.said ?? true;
  if (judged === undefined && answerable) {
    return { where, leftOut: `${judgements.file} does not judge it` };
  }
  notes.fields(row, where);
  notes.inside('metadata', row['metadata'], OURS, where);
  const question = textOf(row, 'text') ?? '';
  const listed = listOf(more, ['paraphrases']);
  const { paraphrases, over } = paraphrasesOf(question, listed.texts);
  if (over > 0) notes.say('More than three paraphrases: the first three are sent', where);
  const { targets, gaps } = answerable
    ? chosen(judged?.documents ?? new Map(), corpus)
    : { targets: [], gaps: [] };
  const draft: Draft = {
    id,
    topic: textOf(more, 'topic') ?? 'imported',
    question,
    paraphrases,
    answerable,
    targets,
    decoys: answerable
      ? []
      : [...(judged?.documents.keys() ?? [])].filter((doc) => corpus.ids.has(doc)).slice(0, MAX_TARGETS),
    author: 'beir',
    origin: 'beir',
    gaps: [...gaps, ...unread('paraphrases', listed), ...flag.gaps, ...asked(question)],
  };
  return { where, drafts: [draft] };
}

function asked(question: string): Gap[] {
  return question === '' ? [{ code: 'not_text', message: 'no question: write it' }] : [];
}

function chosen(
  documents: ReadonlyMap<string, number>,
  corpus: Corpus,
): { targets: ProbeTarget[]; gaps: Gap[] } {
  const relevant = [...documents].filter(([, score]) => score > 0);
  const best = Math.max(...relevant.map(([, score]) => score));
  const known = relevant.filter(([doc]) => corpus.ids.has(doc));
  const bestKnown = Math.max(...known.map(([, score]) => score));
  const ids = known.filter(([, score]) => score === bestKnown).map(([doc]) => doc);
  const targets = ids.slice(0, MAX_TARGETS).map((doc) => ({ section_id: doc }));
  const gaps: Gap[] = [];
  const missing = relevant
    .filter(([doc, score]) => score === best && !corpus.ids.has(doc))
    .map(([doc]) => doc);
  if (missing.length > 0) {
    const names = missing.slice(0, 5).join(', ');
    const message = `relevant and not in corpus.jsonl: ${names}; name the sections that answer, then remove this entry`;
    gaps.push({ code: 'choose_targets', message });
  }
  if (ids.length > 1) {
    const message = `${ids.length} documents are equally relevant, and all targets must be delivered: keep the needed ones, then remove this entry`;
    gaps.push({ code: 'choose_targets', message });
  }
  return { targets, gaps };
}
