/** The questions of one's own that a probe skeleton is made of: a file, or none yet. */
import { readRows } from '../probes/import/files.ts';
import { textOf, type Row } from '../probes/import/rows.ts';
import { LIMITS } from '../probes/probe-set-schema.ts';
import { UserError } from '../domain/errors.ts';

export interface OwnQuestion {
  readonly question: string;
  readonly topic: string;
  /** Those that were written; fewer than three are filled up. */
  readonly paraphrases: readonly string[];
  /** The section that answers it, where somebody knows. */
  readonly section: string | null;
}

/** A set asks them all six times; more than this is an import. */
const MOST = 50;
const PARAPHRASES = ['paraphrase_1', 'paraphrase_2', 'paraphrase_3'];

/** What is asked where nobody has written a question yet. */
export const FIRST_QUESTION: OwnQuestion = {
  question: 'What can you help me with?',
  topic: 'general',
  paraphrases: [],
  section: null,
};

/** A CSV, TSV, JSON or JSONL with a column `question`. @throws UserError when it cannot be read or holds none. */
export async function readQuestions(path: string): Promise<readonly OwnQuestion[]> {
  const rows = await readRows(path, ['rows', 'data', 'questions']);
  const found = rows.flatMap(({ row, wrong }) => (wrong === undefined ? questionOf(row) : []));
  if (found.length > MOST) {
    throw new UserError(`${path} has ${found.length} questions; init takes ${MOST} at most`, {
      hint: `\`cutover probes import table ${path} --out probes/\` takes them all`,
    });
  }
  if (found.length > 0) return found;
  throw new UserError(`${path} holds no question`, {
    hint: 'its first line names the columns, one of them `question`; each further line is one question',
  });
}

function questionOf(row: Row): readonly OwnQuestion[] {
  const question = textOf(row, 'question')?.trim().slice(0, LIMITS.questionChars) ?? '';
  if (question === '' || question.startsWith('#')) return [];
  return [
    {
      question,
      topic: textOf(row, 'topic') ?? 'general',
      paraphrases: PARAPHRASES.flatMap((key) => textOf(row, key) ?? []),
      section: textOf(row, 'section_id'),
    },
  ];
}

/** The file to fill in. Lines that begin with `#` are not read as questions. */
export const QUESTIONS_FILE = [
  'question,topic,paraphrase_1,paraphrase_2,paraphrase_3,section_id',
  '"# Ten questions that users ask, one a line. Only the first column is needed. paraphrase_1 to 3: the same in other words, as other people would ask.",,,,,',
  '"# section_id: where the answer stands, as your service names it; left out, what the color with the users delivers today is taken. Remove lines like this one.",,,,,',
  '',
].join('\n');
