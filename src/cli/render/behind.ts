/** What is behind a verdict, for a terminal: the questions with both answers side by side, or the regions and routes. */
import type { Behind, QuestionBehind } from '../../board/behind.ts';
import { answerSaid, behindSaid, questionSaid, sliceTable } from '../../board/behind-words.ts';
import { MARK, TONE } from '../../board/marks.ts';
import type { GateRecord } from '../../domain/gate-record.ts';
import { MAX_OFFENDERS } from '../../domain/gates/record.ts';
import type { LookInput } from '../../domain/look-input.ts';
import type { Probe } from '../../domain/probe.ts';
import type { Output } from '../output.ts';
import { clip, oneLine, pad, table, wrap } from './text.ts';

/** Questions and slices shown; `--json` has all that the record holds. */
const SHOWN = 6;
/** Columns of a region and a route. */
const COLUMNS = [12, 16];
/** Most lines of each thing that is said of an answer. */
const CELL_LINES = 5;

export interface Question extends QuestionBehind {
  /** The paraphrase of the pair; null where the probe set cannot be read. */
  readonly question: string | null;
}

export type Shown = Omit<Behind, 'questions'> & { readonly questions: readonly Question[] };

/** Evidence knows questions by their id: the texts stand in the probe set. */
export function withTexts(
  questions: readonly QuestionBehind[],
  asked: ReadonlyMap<string, Probe>,
): readonly Question[] {
  return questions.map((one): Question => {
    const probe = asked.get(one.id);
    return { ...one, question: probe?.paraphrases[one.pair.to.paraphrase] ?? probe?.question ?? null };
  });
}

export function headLine(
  said: string,
  { verdict }: Pick<GateRecord, 'verdict'>,
  { paint, width }: Pick<Output, 'paint' | 'width'>,
): string {
  return paint(TONE[verdict], clip(`${MARK[verdict]} ${said}`, width));
}

export function behindLines(input: LookInput, record: GateRecord, found: Shown, width: number): string[] {
  const lines: string[] = [];
  const say = (sentence: string): void => {
    for (const part of wrap(oneLine(sentence), width - 2, 2)) lines.push(`  ${part}`);
  };
  for (const sentence of behindSaid(input, record, found)) say(sentence);
  const { questions, slices } = found;
  const isCut = questions.length === MAX_OFFENDERS;
  const many = isCut
    ? `the ${MAX_OFFENDERS} worst questions, and no more are on record`
    : `${questions.length} questions decided it, the worst first`;
  if (questions.length > 0) say(`${many}:`);
  for (const question of questions.slice(0, SHOWN)) {
    lines.push('');
    lines.push(...questionLines(question, record, width));
  }
  if (questions.length > SHOWN) {
    lines.push('');
    const others = questions.slice(SHOWN).map(({ id }) => id);
    say(`and ${others.join(', ')} (--json shows them)`);
  }
  const [title, head, ...rows] = sliceTable(found, record);
  if (title !== undefined && head !== undefined) {
    lines.push('');
    say(title.join(' '));
    const cells = [head, ...rows.slice(0, SHOWN)].map((row) =>
      row.map((cell, at) => clip(cell, COLUMNS[at] ?? width)),
    );
    for (const row of table(cells)) lines.push(clip(`  ${row}`, width));
    if (slices.length > SHOWN) say(`and ${slices.length - SHOWN} more (--json shows them)`);
  }
  lines.push('');
  say(`do: ${found.advice}`);
  return lines;
}

function questionLines(question: Question, record: GateRecord, width: number): string[] {
  const { pair, runs } = question;
  const column = Math.floor((width - 5) / 2);
  const { from, to } = record.arms;
  const [left = [], right = []] = [pair.from, pair.to].map((run) =>
    answerSaid(run, record, runs).flatMap((said) => cellLines(said, column)),
  );
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, at) => [left[at], right[at]]);
  const [first = '', ...rest] = questionSaid(question, record);
  return [
    ...wrap(oneLine(first), width, 2),
    ...rest.flatMap((said) => wrap(oneLine(said), width - 2, 2).map((part) => `  ${part}`)),
    ...[[from.color, to.color], ...rows].map(([a = '', b = '']) =>
      `  ${pad(a, column)} │ ${clip(b, column)}`.trimEnd(),
    ),
  ];
}

function cellLines(said: string, column: number): string[] {
  const lines = wrap(oneLine(said), column, 2);
  const rest = lines
    .slice(CELL_LINES - 1)
    .map((line, at) => (at === 0 ? line : line.trimStart()))
    .join(' ');
  return lines.length <= CELL_LINES ? lines : [...lines.slice(0, CELL_LINES - 1), clip(rest, column)];
}
