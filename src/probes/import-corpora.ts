/**
 * Imports data sets that bring their corpus: BEIR (corpus, queries, qrels) and SQuAD (paragraphs with questions).
 *
 * Invariant: BEIR's "relevant" means any of them, our targets mean all of them: several equally relevant documents are
 * never turned into targets without a person's choice.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../domain/errors.ts';
import type { ProbeTarget, Section } from '../domain/probe.ts';
import { paraphrasesOf, type Draft, type Gap, type Imported } from './import-draft.ts';
import {
  isRow,
  jsonLines,
  readDocument,
  readText,
  rowsOf,
  textOf,
  textsOf,
  type Row,
} from './import-files.ts';
import { LIMITS } from './probe-set-schema.ts';

/** @param folder with `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv` */
export async function importBeir(folder: string): Promise<Imported> {
  const corpusPath = join(folder, 'corpus.jsonl');
  const corpus = jsonLines(await readText(corpusPath), corpusPath);
  const sections = corpus.map((row, i): Section => {
    const id = textOf(row, '_id');
    if (id === null) throw new UserError(`${corpusPath}: row ${i + 1} has no _id`);
    const title = textOf(row, 'title') ?? '';
    const text = (textOf(row, 'text') ?? '').slice(0, LIMITS.sectionChars);
    return { section_id: id, doc_id: id, title, source_url: '', text, rev: 'beir', topic: 'imported' };
  });
  const queriesPath = join(folder, 'queries.jsonl');
  const relevant = await readQrels(join(folder, 'qrels'));
  const known = new Set(sections.map((section) => section.section_id));
  const drafts = jsonLines(await readText(queriesPath), queriesPath).flatMap((row, i): Draft[] => {
    const id = textOf(row, '_id') ?? `beir-${i + 1}`;
    const judged = relevant.get(id);
    // Queries of other splits: BEIR ships them all in one file.
    if (judged === undefined) return [];
    const question = textOf(row, 'text') ?? '';
    const metadata = isRow(row['metadata']) ? row['metadata'] : {};
    const { targets, gaps } = chosen(judged, known);
    return [
      {
        id,
        topic: 'imported',
        question,
        paraphrases: paraphrasesOf(question, textsOf(metadata, 'paraphrases')),
        answerable: true,
        targets,
        decoys: [],
        author: 'beir',
        origin: 'beir',
        gaps,
      },
    ];
  });
  return {
    sections,
    drafts,
    notes: ['BEIR gives no paraphrases and no topics.', 'Every judged query counts as answerable.'],
  };
}

function chosen(
  judged: readonly { doc: string; score: number }[],
  known: ReadonlySet<string>,
): { targets: ProbeTarget[]; gaps: Gap[] } {
  const best = Math.max(...judged.map(({ score }) => score));
  const docs = judged.filter(({ score, doc }) => score === best && known.has(doc)).map(({ doc }) => doc);
  const targets = docs.slice(0, 20).map((doc) => ({ section_id: doc }));
  if (docs.length <= 1) return { targets, gaps: [] };
  const message = `${docs.length} documents are equally relevant, and all targets must be delivered: keep the needed ones, then remove this entry`;
  return { targets, gaps: [{ code: 'choose_targets', message }] };
}

async function readQrels(folder: string): Promise<Map<string, { doc: string; score: number }[]>> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.tsv')).sort();
  // One split: the test one where there is one, since the others may overlap with training data.
  const file = files.find((name) => name === 'test.tsv') ?? files[0];
  if (file === undefined) throw new UserError(`${folder} holds no *.tsv of relevance judgements`);
  const out = new Map<string, { doc: string; score: number }[]>();
  for (const line of (await readText(join(folder, file))).split('\n')) {
    const [query, doc, scoreText] = line.split('\t');
    const score = Number(scoreText);
    if (query === undefined || doc === undefined || !(score > 0)) continue;
    out.set(query, [...(out.get(query) ?? []), { doc, score }]);
  }
  return out;
}

/** SQuAD 1.1 and 2.0; a paragraph becomes a section, an answer its span. */
export async function importSquad(path: string): Promise<Imported> {
  const sections: Section[] = [];
  const drafts: Draft[] = [];
  for (const article of rowsOf(await readDocument(path), ['data'], path)) {
    const title = textOf(article, 'title') ?? 'untitled';
    for (const [i, paragraph] of rowsOf(article['paragraphs'], [], `${path}: ${title}`).entries()) {
      const text = typeof paragraph['context'] === 'string' ? paragraph['context'] : '';
      const id = `${title}#${i + 1}`;
      const about = { doc_id: title, title, source_url: '', rev: 'squad', topic: topicOf(title) };
      sections.push({ section_id: id, ...about, text });
      const questions = Array.isArray(paragraph['qas']) ? paragraph['qas'].filter(isRow) : [];
      drafts.push(...questions.map((row, n) => squadDraft(row, `${id}-${n + 1}`, id, text, title)));
    }
  }
  const notes = [
    'SQuAD answers are a few words: the target is the whole paragraph, the answer is the anchor.',
    'SQuAD gives no paraphrases.',
  ];
  return { sections, drafts, notes };
}

function squadDraft(row: Row, fallback: string, section: string, text: string, title: string): Draft {
  const question = textOf(row, 'question') ?? '';
  const answers = Array.isArray(row['answers']) ? row['answers'].filter(isRow) : [];
  const answer = answers.map((one) => textOf(one, 'text')).find((one) => one !== null) ?? null;
  const answerable = row['is_impossible'] !== true;
  const isThere = answer !== null && text.includes(answer);
  return {
    id: textOf(row, 'id') ?? fallback,
    topic: topicOf(title),
    question,
    paraphrases: paraphrasesOf(question, textsOf(row, 'paraphrases')),
    answerable,
    targets: answerable ? [{ section_id: section }] : [],
    decoys: answerable ? [] : [section],
    ...(isThere ? { anchor: answer } : {}),
    author: 'squad',
    origin: 'squad',
    gaps: [],
  };
}

function topicOf(title: string): string {
  return title.slice(0, 100);
}
