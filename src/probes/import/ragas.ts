/**
 * Imports ragas test sets: `SingleTurnSample`, and the columns that its test sets had before 0.2.
 *
 * Invariant: contexts count as the place of the answer only where ragas wrote them as such, never what a retriever brought.
 */
import type { Importer } from './importer.ts';
import { readRows } from './files.ts';
import { createNotes } from './notes.ts';
import { answerableOf, importQuestions, OURS, questionOfTurns } from './question-row.ts';
import { listOf, objectOf, textOf, type Row } from './rows.ts';

const RETRIEVED = 'it is what a retriever brought, not where the answer stands';
const WORDING = 'one wording is no yardstick; write must_include where a word has to occur';
const READ = [
  'id',
  '_id',
  'topic',
  'answerable',
  'user_input',
  'question',
  'reference_contexts',
  'ground_truth_contexts',
  'paraphrases',
  'synthesizer_name',
  'evolution_type',
  'metadata',
];
const LOST = {
  contexts: RETRIEVED,
  retrieved_contexts: RETRIEVED,
  retrieved_context_ids: RETRIEVED,
  reference_context_ids: 'the ids are of the tool that made the set; the contexts themselves are looked for',
  response: 'it is what some service answered',
  multi_responses: 'it is what some service answered',
  answer: 'it is what some service answered',
  reference: WORDING,
  ground_truth: WORDING,
  ground_truths: WORDING,
  rubric: 'no judge reads it',
  rubrics: 'no judge reads it',
};
/** ragas marks the contexts of a question over several documents. */
const HOP = /^\s*<\d+-hop>\s*/u;

export const ragas: Importer = {
  reads: 'JSON, JSONL, CSV',
  targets: '`reference_contexts`, found in `--sections`',
  kept: 'id, topic, paraphrases (`metadata`), conversations of one turn, contexts of several hops',
  lost: 'answers, rubrics, retrieved contexts, conversations of several turns, other columns',
  recognises: (row) => 'user_input' in row || 'ground_truth' in row || 'reference_contexts' in row,
  async read(path, given) {
    const rows = await readRows(path, ['samples', 'data', 'examples']);
    const notes = createNotes(READ, LOST);
    return importQuestions('ragas', rows, given, notes, (row, where) => {
      const more = objectOf(row['metadata']);
      // Test sets before 0.2 called the reference contexts just `contexts`; so do answers with what was retrieved.
      const isOldTestSet = 'evolution_type' in row;
      const { contexts, ...rest } = row;
      notes.fields({ ...rest, ...(isOldTestSet ? {} : { contexts }) }, where);
      notes.inside('metadata', row['metadata'], OURS, where);
      const found = listOf(row, [
        'reference_contexts',
        'ground_truth_contexts',
        ...(isOldTestSet ? ['contexts'] : []),
      ]);
      return {
        ...questionOf(row),
        id: textOf(row, 'id', '_id') ?? textOf(more, 'id'),
        topic:
          textOf(row, 'topic', 'synthesizer_name') ?? textOf(more, 'topic') ?? textOf(row, 'evolution_type'),
        paraphrases: listOf({ ...more, ...row }, ['paraphrases']),
        contexts: { ...found, texts: found.texts.map((text) => text.replace(HOP, '')) },
        answerable: answerableOf(row, more),
        answer: textOf(row, 'reference', 'ground_truth'),
      };
    });
  },
};

function questionOf(row: Row): ReturnType<typeof questionOfTurns> {
  if (Array.isArray(row['user_input'])) return questionOfTurns(row['user_input']);
  return { question: textOf(row, 'user_input', 'question'), gaps: [] };
}
