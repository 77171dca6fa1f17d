/** Imports promptfoo tests: they hold questions and assertions, but nothing about where an answer stands. */
import { dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { paraphrasesOf, type Draft, type Gap, type ImportedRow } from './draft.ts';
import { readSource } from './files.ts';
import type { Importer } from './importer.ts';
import { createNotes, type Notes } from './notes.ts';
import { assertionsOf, filled } from './promptfoo-assertions.ts';
import { combinations, readTests } from './promptfoo-tests.ts';
import { answerableOf, OURS, unread } from './question-row.ts';
import { isRow, listOf, objectOf, textOf, wholeSections, type Row, type PlacedRow } from './rows.ts';

/** Variables that hold the question, by custom; else the only variable does. */
const QUESTION_VARS = ['question', 'query', 'input', 'prompt', 'user_input', 'message'];
const READ = ['vars', 'assert', 'metadata', 'threshold', '__threshold'];
const LOST = {
  description: 'it is for people',
  __description: 'it is for people',
  provider: 'probes ask the two colors',
  providers: 'probes ask the two colors',
  options: 'the question is sent as it stands, and the answer judged as it comes',
};
const METADATA = [...OURS, 'section_id', 'section_ids'];

export const promptfoo: Importer = {
  reads: 'config or tests: YAML, JSON, JSONL, CSV; files of tests beside it',
  targets: '`metadata.section_id` only',
  kept: '`defaultTest`, lists of variables, `metadata` (id, topic, paraphrases, answerable), and the assertions contains, icontains, their -all and -any, starts-with, equals, regex, is-json and their not-',
  lost: 'assertions of a model or of code, sets of which a part is enough, templates, other files, other variables, scenarios',
  recognises: (row) => 'vars' in row || 'assert' in row || '__expected' in row,
  async read(path, given) {
    const notes = createNotes(READ, LOST);
    const { rows, shared } = await readTests(path, notes);
    const out: ImportedRow[] = [];
    for (const [i, placed] of rows.entries()) out.push(await rowOf(placed, i, shared, path, notes));
    const noCorpus = 'promptfoo has no corpus: give yours with --sections, or there is no target.';
    const noTarget = 'A target section is taken over only from metadata.section_id; name the others.';
    return {
      sections: given ?? [],
      rows: out,
      notes: [...(given === null ? [noCorpus] : []), noTarget, ...notes.lines()],
    };
  },
};

async function rowOf(
  { where, row, wrong }: PlacedRow,
  index: number,
  shared: Row,
  path: string,
  notes: Notes,
): Promise<ImportedRow> {
  if (wrong !== undefined) return { where, leftOut: wrong };
  const own = await varsOf(row['vars'], path);
  const gaps: Gap[] = 'why' in own ? [{ code: 'not_text', message: own.why }] : [];
  const vars = { ...objectOf(shared['vars']), ...('why' in own ? {} : own.vars) };
  const all = combinations(vars);
  if (all === null) return { where, leftOut: 'its lists of variables give more than 200 questions' };
  const { options, ...rest } = row;
  notes.fields({ ...rest, ...(isTransformed(row, shared) ? {} : { options }) }, where);
  const drafts = all.map((one, n) => {
    const id = textOf(objectOf(row['metadata']), 'id') ?? `promptfoo-${index + 1}`;
    return draftOf({ row, where }, one, all.length === 1 ? id : `${id}.${n + 1}`, shared, gaps, notes);
  });
  const [first, ...others] = drafts;
  return first === undefined
    ? { where, leftOut: 'it has no variables' }
    : { where, drafts: [first, ...others] };
}

/** Variables may stand in a file of their own. */
async function varsOf(value: unknown, path: string): Promise<{ vars: Row } | { why: string }> {
  if (typeof value !== 'string') return { vars: objectOf(value) };
  const file = value.replace(/^file:\/\//u, '');
  try {
    const source = await readSource(join(dirname(path), file));
    if ('document' in source && isRow(source.document)) return { vars: source.document };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
  }
  return { why: `the variables stand in ${value.slice(0, 100)}, which cannot be read: write the question` };
}

function isTransformed(row: Row, shared: Row): boolean {
  return [row, shared].some((one) => objectOf(one['options'])['transform'] !== undefined);
}

function draftOf(
  { row, where }: PlacedRow,
  vars: Row,
  id: string,
  shared: Row,
  given: readonly Gap[],
  notes: Notes,
): Draft {
  const metadata = { ...objectOf(shared['metadata']), ...objectOf(row['metadata']) };
  const gaps: Gap[] = [...given];
  const gap = (message: string): void => void gaps.push({ code: 'not_text', message });
  const names = Object.keys(vars).filter((name) => textOf(vars, name) !== null);
  const from = [...QUESTION_VARS, ...(names.length === 1 ? names : [])].find(
    (name) => textOf(vars, name) !== null,
  );
  const asked = from === undefined ? '' : (textOf(vars, from) ?? '');
  const question = filled(asked, vars);
  if (question === null || asked.startsWith('file://'))
    gap(`the question is ${asked.slice(0, 100)}: write it out`);
  else if (asked === '' && given.length === 0) {
    gap(`no question among the variables ${Object.keys(vars).join(', ').slice(0, 200)}: write it`);
  }
  for (const one of [shared, row]) notes.inside('metadata', one['metadata'], METADATA, where);
  const list = [shared, row].flatMap((one): unknown[] => (Array.isArray(one['assert']) ? one['assert'] : []));
  const templates = JSON.stringify([asked, list]);
  for (const name of names) {
    if (
      name === from ||
      new RegExp(`\\{\\{\\s*${name.replaceAll(/\W/gu, '.')}\\s*\\}\\}`, 'u').test(templates)
    )
      continue;
    notes.say(
      `The variable \`${name.slice(0, 60)}\` is not taken over: it is neither the question nor in an assertion`,
      where,
    );
  }
  const { asked: asserted, foreign, ignored } = assertionsOf(list, vars);
  for (const one of ignored) notes.say(`The assertion ${one}`, where);
  const part = [shared, row].some(({ threshold }) => typeof threshold === 'number' && threshold < 1);
  const loose = part
    ? 'all of them (a part of them is enough)'
    : isTransformed(row, shared)
      ? 'all of them (the answer is transformed first)'
      : null;
  const isLoose = loose !== null && list.length > 0;
  if (isLoose || foreign.length > 0) {
    const what = isLoose ? (loose ?? '') : foreign.join(', ');
    gap(`not taken over: assertions ${what}; write must_include, or remove this entry`);
  }
  const others = listOf(metadata, ['paraphrases']);
  const { paraphrases, over } = paraphrasesOf(question ?? '', others.texts);
  if (over > 0) notes.say('More than three paraphrases: the first three are sent', where);
  const answerable = answerableOf(metadata);
  const ids = listOf(metadata, ['section_ids', 'section_id']);
  return {
    id,
    topic: textOf(metadata, 'topic') ?? 'imported',
    question: question ?? asked,
    paraphrases,
    answerable: answerable.said ?? true,
    targets: wholeSections(ids.texts),
    decoys: [],
    ...(isLoose ? {} : asserted),
    author: 'promptfoo',
    origin: 'promptfoo',
    gaps: [...gaps, ...unread('paraphrases', others), ...unread('section ids', ids), ...answerable.gaps],
  };
}
