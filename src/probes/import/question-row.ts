/**
 * Rows that hold one question and the texts that answer it, as most formats do: found in our sections, or made sections of.
 *
 * Invariant: the reference answer is never made a must: it is one wording of many, and would fail a right answer.
 */
import type { Section } from '../../domain/probe.ts';
import { createAligner } from './align.ts';
import { paraphrasesOf, type Draft, type Gap, type Imported, type ImportedRow } from './draft.ts';
import { sectionsOfTexts } from './files.ts';
import type { Notes } from './notes.ts';
import { flagOf, isBlank, isRow, textOf, type Row, type Texts, type PlacedRow } from './rows.ts';

/** What an importer reads of one row. */
export interface QuestionRow {
  readonly question: string | null;
  readonly id: string | null;
  readonly topic: string | null;
  readonly paraphrases: Texts;
  /** Texts that hold the answer, not what some retriever brought. */
  readonly contexts: Texts;
  readonly answerable: Answerable;
  /** The answer in the words of a context, which marks the place in it. */
  readonly answer?: string | null;
  readonly gaps?: readonly Gap[];
  readonly more?: Partial<Draft>;
}

const MADE =
  'The sections are the contexts of the data set, with ids of their own: map your service’s section ids, or import again with --sections. Random other sections are few, so calibrate may refuse.';

/** What a row says of it, and what of that cannot be read; null: nothing. */
export interface Answerable {
  readonly said: boolean | null;
  readonly gaps: readonly Gap[];
}

/** Turns rows into questions, one each. */
export function importQuestions(
  origin: string,
  rows: readonly PlacedRow[],
  given: readonly Section[] | null,
  notes: Notes,
  read: (row: Row, where: string) => QuestionRow,
): Imported {
  const held = rows.map(({ where, row, wrong }) => ({
    where,
    wrong,
    asked: wrong === undefined ? read(row, where) : null,
  }));
  const texts = held.flatMap(({ asked }) => asked?.contexts.texts ?? []);
  const sections = given ?? sectionsOfTexts(texts, origin);
  const aligner = createAligner(sections);
  const out = held.map(({ where, wrong, asked }, i): ImportedRow => {
    if (asked === null) return { where, leftOut: wrong ?? '' };
    const { contexts, paraphrases: others } = asked;
    const gaps = [...(asked.gaps ?? [])];
    if (asked.question === null && gaps.length === 0)
      gaps.push({ code: 'not_text', message: 'no question: write it' });
    const found = aligner.align(contexts.texts, asked.answer ?? null);
    gaps.push(
      ...found.gaps,
      ...unread('contexts', contexts),
      ...unread('paraphrases', others),
      ...asked.answerable.gaps,
    );
    const question = asked.question ?? '';
    const { paraphrases, over } = paraphrasesOf(question, others.texts);
    if (over > 0) notes.say('More than three paraphrases: the first three are sent', where);
    const draft: Draft = {
      id: asked.id ?? `${origin}-${i + 1}`,
      topic: asked.topic ?? 'imported',
      question,
      paraphrases,
      answerable: asked.answerable.said ?? true,
      targets: found.targets,
      decoys: [],
      author: origin,
      origin,
      ...asked.more,
      gaps,
    };
    return { where, drafts: [draft] };
  });
  const madeNote = given === null && sections.length > 0 ? [MADE] : [];
  return { sections, rows: out, notes: [...madeNote, ...notes.lines()] };
}

/** Items of a list that are no text: what they say must not be lost without a word. */
export function unread(what: string, { unread: count }: Texts): Gap[] {
  if (count === 0) return [];
  return [{ code: 'not_text', message: `${count} of the ${what} are no text that can be read: write them` }];
}

/** What people put into free metadata for us. */
export const OURS = ['id', 'topic', 'answerable', 'paraphrases'];

/** By the first of `rows` that holds it: a word that is neither yes nor no is left to a person. */
export function answerableOf(...rows: readonly Row[]): Answerable {
  const row = rows.find((one) => !isBlank(one['answerable']));
  if (row === undefined) return { said: null, gaps: [] };
  const said = flagOf(row, 'answerable');
  if (said !== null) return { said, gaps: [] };
  const shown = JSON.stringify(row['answerable']).slice(0, 40);
  const message = `answerable is ${shown}, neither yes nor no: write answerable: true or false`;
  return { said, gaps: [{ code: 'not_text', message }] };
}

/** A conversation is one question only when it has one turn of the user. */
export function questionOfTurns(value: unknown): { question: string | null; gaps: Gap[] } {
  const turns = Array.isArray(value) ? (value as unknown[]) : [];
  const asked = turns.filter((turn) => {
    const row = turn as Row | null;
    return (
      typeof row === 'object' && row !== null && /^(human|user)$/u.test(textOf(row, 'role', 'type') ?? '')
    );
  });
  const only = turns.length <= 2 && asked.length === 1 ? contentOf(asked[0] as Row) : null;
  if (only !== null) return { question: only, gaps: [] };
  const message = 'a conversation of several turns: write it as one question';
  return { question: null, gaps: [{ code: 'not_text', message }] };
}

/** The text of a turn, also where it comes in parts; null when a part is no text. */
function contentOf(turn: Row): string | null {
  const parts = turn['content'];
  if (!Array.isArray(parts)) return textOf(turn, 'content');
  const texts = parts.map((part) => (isRow(part) && part['type'] === 'text' ? textOf(part, 'text') : null));
  return texts.length === 0 || texts.includes(null) ? null : texts.join('\n');
}
