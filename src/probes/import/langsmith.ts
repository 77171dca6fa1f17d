/** Imports LangSmith examples: `inputs`, `outputs` and `metadata`, as its JSONL and its client write them. */
import { readRows } from './files.ts';
import type { Importer } from './importer.ts';
import { createNotes } from './notes.ts';
import { answerableOf, importQuestions, OURS, questionOfTurns } from './question-row.ts';
import { listOf, objectOf, textOf, type Row } from './rows.ts';

const QUESTION = ['question', 'query', 'input', 'user_input', 'prompt', 'message', 'text'];
const CONTEXTS = ['reference_contexts', 'contexts', 'context', 'documents'];
const ITS_OWN = 'it says where LangSmith keeps the example';
const LOST = {
  dataset_id: ITS_OWN,
  source_run_id: ITS_OWN,
  created_at: ITS_OWN,
  modified_at: ITS_OWN,
  name: ITS_OWN,
  attachments: 'probes send text only',
};

export const langsmith: Importer = {
  reads: 'JSON, JSONL',
  targets:
    '`reference_contexts`, `contexts`, `context` or `documents` of `outputs`, then of `inputs`, found in `--sections`',
  kept: 'id, split (a tag), topic and paraphrases (`metadata`), chats of one turn',
  lost: 'answers, other inputs and metadata, attachments, chats of several turns',
  recognises: (row) => 'inputs' in row,
  async read(path, given) {
    const rows = await readRows(path, ['examples', 'data']);
    const notes = createNotes(['id', 'inputs', 'outputs', 'metadata', 'split'], LOST);
    return importQuestions('langsmith', rows, given, notes, (row, where) => {
      const inputs = objectOf(row['inputs']);
      const outputs = objectOf(row['outputs']);
      const more = objectOf(row['metadata']);
      const asked = questionOf(inputs);
      const contextsIn = CONTEXTS.some((key) => Object.hasOwn(outputs, key)) ? outputs : inputs;
      notes.fields(row, where);
      notes.inside('inputs', row['inputs'], [asked.from, ...(contextsIn === inputs ? CONTEXTS : [])], where);
      notes.inside('outputs', row['outputs'], CONTEXTS, where);
      notes.inside('metadata', row['metadata'], OURS, where);
      const splits = listOf(row, ['split']).texts;
      return {
        question: asked.question,
        gaps: asked.gaps,
        id: textOf(more, 'id') ?? textOf(row, 'id'),
        topic: textOf(more, 'topic'),
        paraphrases: listOf(more, ['paraphrases']),
        contexts: listOf(contextsIn, CONTEXTS),
        answerable: answerableOf(more),
        answer: textOf(outputs, 'answer', 'output'),
        more: splits.length === 0 ? {} : { tags: splits.map((split) => `split:${split}`) },
      };
    });
  },
};

function questionOf(inputs: Row): ReturnType<typeof questionOfTurns> & { from: string } {
  const only = Object.keys(inputs).filter((key) => typeof inputs[key] === 'string');
  const from = [...QUESTION, ...(only.length === 1 ? only : [])].find((key) => textOf(inputs, key) !== null);
  if (from !== undefined) return { question: textOf(inputs, from), gaps: [], from };
  if (Array.isArray(inputs['messages'])) return { ...questionOfTurns(inputs['messages']), from: 'messages' };
  const message = `no question among the inputs ${Object.keys(inputs).join(', ').slice(0, 200)}: write it`;
  return { question: null, gaps: [{ code: 'not_text', message }], from: '' };
}
