/** Imports a table of one's own: columns with our names, one question a row. */
import { readRows } from './files.ts';
import type { Importer } from './importer.ts';
import { createNotes } from './notes.ts';
import { answerableOf, importQuestions, unread } from './question-row.ts';
import { listOf, textOf, wholeSections, type Row, type Texts } from './rows.ts';

const PARAPHRASES = ['paraphrase_1', 'paraphrase_2', 'paraphrase_3'];
const READ = [
  'id',
  'topic',
  'question',
  'answerable',
  'paraphrases',
  'section_id',
  'section_ids',
  'context',
  'contexts',
  'answer',
  'must_include',
  'must_not_include',
  'tags',
  'reviewed_by',
  'author',
  ...PARAPHRASES,
];

export const table: Importer = {
  reads: 'CSV, TSV, JSON, JSONL',
  targets: '`section_id` (one a line of the cell), else `context`, found in `--sections`',
  kept: 'id, topic, `paraphrase_1` to `_3`, answerable, must_include, must_not_include, tags, author, reviewed_by',
  lost: 'other columns',
  recognises: (row) => 'question' in row,
  async read(path, given) {
    const rows = await readRows(path, ['rows', 'data', 'questions']);
    const notes = createNotes(READ);
    return importQuestions('table', rows, given, notes, (row, where) => {
      notes.fields(row, where);
      const lines = (key: string): Texts => listOf(row, [key], { separator: '\n' });
      const ids = listOf(row, ['section_id', 'section_ids'], { separator: '\n' });
      const include = lines('must_include');
      const exclude = lines('must_not_include');
      const tags = lines('tags');
      const author = textOf(row, 'author');
      const reviewer = textOf(row, 'reviewed_by');
      return {
        question: textOf(row, 'question'),
        gaps: [
          ...unread('section ids', ids),
          ...unread('must_include', include),
          ...unread('must_not_include', exclude),
          ...unread('tags', tags),
        ],
        id: textOf(row, 'id'),
        topic: textOf(row, 'topic'),
        paraphrases: paraphrases(row),
        contexts: ids.texts.length > 0 ? { texts: [], unread: 0 } : listOf(row, ['contexts', 'context']),
        answerable: answerableOf(row),
        answer: textOf(row, 'answer'),
        more: {
          ...(ids.texts.length > 0 ? { targets: wholeSections(ids.texts) } : {}),
          ...(include.texts.length > 0 ? { must_include: include.texts } : {}),
          ...(exclude.texts.length > 0 ? { must_not_include: exclude.texts } : {}),
          ...(tags.texts.length > 0 ? { tags: tags.texts } : {}),
          ...(author === null ? {} : { author }),
          ...(reviewer === null ? {} : { reviewed_by: reviewer }),
        },
      };
    });
  },
};

function paraphrases(row: Row): Texts {
  const own = PARAPHRASES.flatMap((key) => textOf(row, key) ?? []);
  const listed = listOf(row, ['paraphrases'], { separator: '\n' });
  return { texts: [...own, ...listed.texts], unread: listed.unread };
}
