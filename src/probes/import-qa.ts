/**
 * Imports ragas and DeepEval data sets: questions with reference contexts, which name no section.
 *
 * Invariant: the reference answer is never made a must: it is one wording of many, and would fail a right answer.
 */
import type { Section } from '../domain/probe.ts';
import { createAligner } from './import-align.ts';
import { paraphrasesOf, type Draft, type Imported } from './import-draft.ts';
import { isRow, readDocument, rowsOf, sectionsOfTexts, textOf, textsOf, type Row } from './import-files.ts';

interface Shape {
  readonly name: string;
  readonly lists: readonly string[];
  readonly question: readonly string[];
  /** The text that holds the answer, not what some retriever brought. */
  readonly contexts: readonly string[];
  readonly more: readonly string[];
}

/** ragas `SingleTurnSample`, and the columns of its data sets before 0.2. */
const RAGAS: Shape = {
  name: 'ragas',
  lists: ['samples', 'data', 'examples'],
  question: ['user_input', 'question'],
  contexts: ['reference_contexts', 'ground_truth_contexts'],
  more: ['metadata'],
};

/** DeepEval `Golden`. */
const DEEPEVAL: Shape = {
  name: 'deepeval',
  lists: ['goldens', 'test_cases', 'testCases'],
  question: ['input'],
  contexts: ['context'],
  more: ['additional_metadata', 'additionalMetadata'],
};

/** @param sections our copy of the corpus; null makes sections of the contexts themselves. */
export function importRagas(path: string, sections: readonly Section[] | null): Promise<Imported> {
  return importQa(RAGAS, path, sections);
}

/** @param sections as for ragas */
export function importDeepEval(path: string, sections: readonly Section[] | null): Promise<Imported> {
  return importQa(DEEPEVAL, path, sections);
}

async function importQa(shape: Shape, path: string, given: readonly Section[] | null): Promise<Imported> {
  const rows = rowsOf(await readDocument(path), shape.lists, path);
  const sections =
    given ??
    sectionsOfTexts(
      rows.flatMap((row) => textsOf(row, ...shape.contexts)),
      shape.name,
    );
  const aligner = createAligner(sections);
  const drafts = rows.map((row, i): Draft => {
    const question = textOf(row, ...shape.question) ?? '';
    const more: Row = shape.more.map((key) => row[key]).find(isRow) ?? {};
    const { targets, gaps } = aligner.align(textsOf(row, ...shape.contexts));
    const isMultiTurn = Array.isArray(row['user_input']) || Array.isArray(row['turns']);
    return {
      id: textOf(row, 'id', '_id') ?? textOf(more, 'id') ?? `${shape.name}-${i + 1}`,
      topic: textOf(row, 'topic', 'synthesizer_name') ?? textOf(more, 'topic') ?? 'imported',
      question,
      paraphrases: paraphrasesOf(question, textsOf(more, 'paraphrases')),
      answerable: true,
      targets,
      decoys: [],
      author: shape.name,
      origin: shape.name,
      gaps: isMultiTurn
        ? [
            ...gaps,
            { code: 'not_text', message: 'a conversation of several turns: write it as one question' },
          ]
        : gaps,
    };
  });
  return { sections, drafts, notes: notesOf(shape, given === null) };
}

function notesOf(shape: Shape, madeSections: boolean): string[] {
  const made =
    'The sections are the contexts of the data set, with ids of their own: map your service’s section ids, or import again with --sections. Random other sections are few, so calibrate may refuse.';
  return [
    ...(madeSections ? [made] : []),
    `${shape.name} gives no paraphrases unless its metadata holds a list \`paraphrases\`.`,
    'Reference answers were left out: one wording is no yardstick. Write must_include where a word has to occur.',
    'Every row counts as answerable; mark the others.',
  ];
}
