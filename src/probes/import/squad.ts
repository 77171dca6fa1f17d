/**
 * Imports SQuAD: the document of 1.1 and 2.0 (articles, paragraphs, questions), and one row a question, as Hugging Face keeps it.
 *
 * Invariant: a paragraph becomes a section once, and the sentence that holds the answer is the span that is proposed.
 */
import type { ProbeTarget, Section } from '../../domain/probe.ts';
import { corpusHashOf } from '../probe-set.ts';
import { paraphrasesOf, type Draft, type Gap, type ImportedRow } from './draft.ts';
import { readSource, rowsOf } from './files.ts';
import type { Importer } from './importer.ts';
import { createNotes, type Notes } from './notes.ts';
import { literalOf } from './python-literal.ts';
import { flagOf, isRow, listOf, objectOf, textOf, type Row, type PlacedRow } from './rows.ts';
import { sentenceOf } from './sentence.ts';
import { unread } from './question-row.ts';

const READ = [
  'id',
  'title',
  'paragraphs',
  'qas',
  'context',
  'question',
  'answers',
  'is_impossible',
  'paraphrases',
];
const LOST = { plausible_answers: 'they answer another question' };

export const squad: Importer = {
  reads: 'JSON (1.1, 2.0); rows of Hugging Face: JSONL, JSON, CSV',
  targets: 'the sentences of the paragraph that hold the answer',
  kept: 'id, title (as topic), the first answer (as anchor), impossible questions with their paragraph as decoy',
  lost: 'further answers, plausible answers, other columns',
  recognises: (row) => 'paragraphs' in row || ('answers' in row && 'context' in row),
  async read(path) {
    const source = await readSource(path);
    const document = 'document' in source ? source.document : null;
    const outer = 'rows' in source ? source.rows : rowsOf(document, ['data'], path);
    const notes = createNotes(READ, LOST);
    const sections = new Map<string, Section>();
    const rows = outer.flatMap(({ where, row, wrong }) => {
      if (wrong !== undefined) return [{ where, leftOut: wrong }];
      if ('paragraphs' in row) return articleRows(row, where, path, sections, notes);
      return [flatRow({ where, row }, sections, notes)];
    });
    return { sections: [...sections.values()], rows, notes: notes.lines() };
  },
};

function articleRows(
  article: Row,
  where: string,
  path: string,
  sections: Map<string, Section>,
  notes: Notes,
): ImportedRow[] {
  const title = textOf(article, 'title') ?? 'untitled';
  const paragraphs = rowsOf(article['paragraphs'], [], `${path}: ${where}`);
  notes.fields(article, where);
  if (paragraphs.length === 0) return [{ where, leftOut: 'it has no paragraphs' }];
  return paragraphs.flatMap(({ row: paragraph }, i) => {
    const place = `${where}, paragraph ${i + 1}`;
    const text = textIn(paragraph);
    const id = freeId(`${title}#${i + 1}`, sections);
    sections.set(id, sectionOf(id, title, text));
    const questions: unknown[] = Array.isArray(paragraph['qas']) ? paragraph['qas'] : [];
    notes.fields(paragraph, place);
    if (questions.length === 0) notes.say('A paragraph without questions', place);
    return questions.map((row, n): ImportedRow => {
      const at = `${place}, question ${n + 1}`;
      if (!isRow(row)) return { where: at, leftOut: 'it is not an object' };
      const answers = Array.isArray(row['answers']) ? row['answers'].filter(isRow) : [];
      const found = answers.map((one) => ({ text: textOf(one, 'text') ?? '', start: one['answer_start'] }));
      const isAnswerable = flagOf(row, 'is_impossible') !== true;
      return {
        where: at,
        drafts: [
          draftOf({ row, where: at }, `${id}-${n + 1}`, { id, text, title }, found, isAnswerable, notes),
        ],
      };
    });
  });
}

/** Two articles may have one title. */
function freeId(wanted: string, sections: ReadonlyMap<string, Section>): string {
  for (let n = 2, id = wanted; ; n += 1) {
    if (!sections.has(id)) return id;
    id = `${wanted}~${n}`;
  }
}

function flatRow({ where, row }: PlacedRow, sections: Map<string, Section>, notes: Notes): ImportedRow {
  const text = textIn(row);
  if (text === '') return { where, leftOut: 'it has no context: SQuAD’s questions are about one' };
  const title = textOf(row, 'title') ?? 'untitled';
  const id = `${title.slice(0, 200)}#${corpusHashOf([sectionOf('', '', text)]).slice(0, 12)}`;
  if (!sections.has(id)) sections.set(id, sectionOf(id, title, text));
  const answers = objectOf(row['answers']);
  const texts = listOf(answers, ['text']).texts;
  const starts = Array.isArray(answers['answer_start']) ? (answers['answer_start'] as unknown[]) : [];
  const found = texts.map((one, i) => ({ text: one, start: starts[i] }));
  const impossible = flagOf(row, 'is_impossible');
  // Most of these rows have no mark for impossible questions but an empty list.
  const isAnswerable = impossible === null ? found.length > 0 || !isEmpty(row['answers']) : !impossible;
  return {
    where,
    drafts: [
      draftOf({ row, where }, where.replace(' ', '-'), { id, text, title }, found, isAnswerable, notes),
    ],
  };
}

/** A list of no answers, not answers that are missing. */
function isEmpty(value: unknown): boolean {
  const answers = typeof value === 'string' ? literalOf(value) : value;
  return Array.isArray(answers) ? answers.length === 0 : isRow(answers) && 'text' in answers;
}

function draftOf(
  { row, where }: PlacedRow,
  fallback: string,
  section: { readonly id: string; readonly text: string; readonly title: string },
  answers: readonly { readonly text: string; readonly start: unknown }[],
  answerable: boolean,
  notes: Notes,
): Draft {
  notes.fields(row, where);
  const question = textOf(row, 'question') ?? '';
  const others = listOf(row, ['paraphrases']);
  const { paraphrases, over } = paraphrasesOf(question, others.texts);
  if (over > 0) notes.say('More than three paraphrases: the first three are sent', where);
  const answer = answers.find(({ text }) => text !== '') ?? null;
  const other = answers.find(({ text }) => text !== '' && text !== answer?.text);
  if (other !== undefined) notes.say('Further answers are not taken over: one marks the place', where);
  const span = answer === null ? null : sentenceOf(section.text, answer.text, answer.start);
  if (answer !== null && span === null) {
    notes.say('The answer does not stand in its paragraph: the whole paragraph is the target', where);
  }
  const gaps: Gap[] = [...unread('paraphrases', others)];
  if (question === '') gaps.push({ code: 'not_text', message: 'no question: write it' });
  if (answerable && answer === null) {
    gaps.push({
      code: 'choose_targets',
      message:
        'no answer is given: remove this entry if the paragraph answers it, else write answerable: false',
    });
  }
  const isPart = span !== null && (span[0] > 0 || span[1] < section.text.length);
  const target: ProbeTarget = { section_id: section.id, ...(isPart ? { spans: [span] } : {}) };
  return {
    id: textOf(row, 'id') ?? fallback,
    topic: topicOf(section.title),
    question,
    paraphrases,
    answerable,
    targets: answerable ? [target] : [],
    decoys: answerable ? [] : [section.id],
    ...(answer !== null && span !== null ? { anchor: answer.text } : {}),
    author: 'squad',
    origin: 'squad',
    gaps,
  };
}

function textIn(row: Row): string {
  return typeof row['context'] === 'string' ? row['context'] : '';
}

function sectionOf(id: string, title: string, text: string): Section {
  return { section_id: id, doc_id: title, title, source_url: '', text, rev: 'squad', topic: topicOf(title) };
}

function topicOf(title: string): string {
  return title.slice(0, 100);
}
