/** Imports DeepEval goldens, also as its CSV writes them. */
import { readRows } from './files.ts';
import type { Importer } from './importer.ts';
import { createNotes } from './notes.ts';
import { answerableOf, importQuestions, OURS, questionOfTurns } from './question-row.ts';
import { isBlank, listOf, objectOf, textOf } from './rows.ts';

const RUN = 'it is what some run answered or cost';
const LOST = {
  actual_output: RUN,
  actualOutput: RUN,
  retrieval_context: 'it is what a retriever brought, not where the answer stands',
  retrievalContext: 'it is what a retriever brought, not where the answer stands',
  tools_called: RUN,
  token_cost: RUN,
  input_token_count: RUN,
  output_token_count: RUN,
  expected_tools: 'probes do not ask for tools',
  expectations: 'no judge reads them',
  expected_output: 'one wording is no yardstick; write must_include where a word has to occur',
  expectedOutput: 'one wording is no yardstick; write must_include where a word has to occur',
};
const READ = ['id', 'name', 'topic', 'answerable', 'input', 'context', 'paraphrases', 'turns'];
const METADATA = ['additional_metadata', 'additionalMetadata'];

export const deepeval: Importer = {
  reads: 'JSON, JSONL, CSV',
  targets: '`context`, found in `--sections`',
  kept: 'id or name, topic, paraphrases (`additional_metadata`)',
  lost: 'expected and actual outputs, retrieval contexts, tools, comments, conversations, other columns',
  recognises: (row) =>
    'input' in row && ('context' in row || 'expected_output' in row || 'expectedOutput' in row),
  async read(path, given) {
    const rows = await readRows(path, ['goldens', 'test_cases', 'testCases']);
    const notes = createNotes(READ, LOST);
    return importQuestions('deepeval', rows, given, notes, (row, where) => {
      const key = METADATA.find((one) => Object.hasOwn(row, one) && !isBlank(row[one])) ?? '';
      const more = objectOf(row[key]);
      notes.fields({ ...row, [key]: null }, where);
      notes.inside(key, row[key], OURS, where);
      const { question, gaps } = Array.isArray(row['turns'])
        ? questionOfTurns(row['turns'])
        : { question: textOf(row, 'input'), gaps: [] };
      return {
        question,
        gaps,
        id: textOf(row, 'id') ?? textOf(more, 'id') ?? textOf(row, 'name'),
        topic: textOf(row, 'topic') ?? textOf(more, 'topic'),
        paraphrases: listOf({ ...more, ...row }, ['paraphrases']),
        contexts: listOf(row, ['context'], { separator: '|' }),
        answerable: answerableOf(row, more),
        answer: textOf(row, 'expected_output', 'expectedOutput'),
      };
    });
  },
};
