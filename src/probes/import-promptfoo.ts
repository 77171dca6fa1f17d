/**
 * Imports promptfoo tests: they hold questions and assertions, but nothing about where an answer stands.
 *
 * Invariant: only assertions with the very meaning of ours are taken over; all others are named in a gap.
 */
import type { Section } from '../domain/probe.ts';
import { paraphrasesOf, type Draft, type Gap, type Imported } from './import-draft.ts';
import { isRow, readDocument, rowsOf, textOf, textsOf, type Row } from './import-files.ts';

/** Variables that hold the question, by custom; else the only variable does. */
const QUESTION_VARS = ['question', 'query', 'input', 'prompt', 'user_input', 'message'];

export async function importPromptfoo(path: string, given: readonly Section[] | null): Promise<Imported> {
  const rows = rowsOf(await readDocument(path), ['tests'], path);
  const sections = given ?? [];
  const known = new Set(sections.map((section) => section.section_id));
  return {
    sections,
    drafts: rows.map((row, i) => draftOf(row, i, known)),
    notes: [
      ...(given === null
        ? ['promptfoo has no corpus: give yours with --sections, or there is no target.']
        : []),
      'A target section is taken over only from metadata.section_id; name the others.',
    ],
  };
}

function draftOf(row: Row, index: number, known: ReadonlySet<string>): Draft {
  const vars = isRow(row['vars']) ? row['vars'] : {};
  const metadata = isRow(row['metadata']) ? row['metadata'] : {};
  const names = Object.keys(vars).filter((name) => typeof vars[name] === 'string');
  const only = names.length === 1 ? names : [];
  const question = textOf(vars, ...QUESTION_VARS, ...only) ?? '';
  const gaps: Gap[] = [];
  if (question === '') {
    const message = `no question among the variables ${Object.keys(vars).join(', ')}: write it`;
    gaps.push({ code: 'not_text', message });
  }
  const { include, exclude, foreign } = assertions(row['assert']);
  if (foreign.length > 0) {
    const message = `not taken over: assertions ${foreign.join(', ')}; write must_include, or remove this entry`;
    gaps.push({ code: 'not_text', message });
  }
  const ids = textsOf(metadata, 'section_ids', 'section_id').filter((id) => known.has(id));
  return {
    id: textOf(metadata, 'id') ?? `promptfoo-${index + 1}`,
    topic: textOf(metadata, 'topic') ?? 'imported',
    question,
    paraphrases: paraphrasesOf(question, textsOf(metadata, 'paraphrases')),
    answerable: true,
    targets: ids.map((id) => ({ section_id: id })),
    decoys: [],
    ...(include.length > 0 ? { must_include: include } : {}),
    ...(exclude.length > 0 ? { must_not_include: exclude } : {}),
    author: 'promptfoo',
    origin: 'promptfoo',
    gaps,
  };
}

function assertions(value: unknown): { include: string[]; exclude: string[]; foreign: string[] } {
  const include: string[] = [];
  const exclude: string[] = [];
  const foreign: string[] = [];
  for (const one of Array.isArray(value) ? value.filter(isRow) : []) {
    const type = textOf(one, 'type') ?? '?';
    const texts = textsOf(one, 'value');
    if (/^i?contains(-all)?$/u.test(type)) include.push(...texts);
    else if (/^not-i?contains$/u.test(type)) exclude.push(...texts);
    else foreign.push(type);
  }
  return { include, exclude, foreign };
}
