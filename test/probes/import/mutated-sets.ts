/**
 * Sets of each format with odd values, fields gone and rows repeated, and files with torn bytes; drawn from a seed.
 * Rows are counted here where the set is made, by code that shares nothing with the importers.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { IMPORTERS } from '../../../src/probes/import/index.ts';

export const FILES = path.join(import.meta.dirname, 'files');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const ODD: readonly Json[] = [
  null,
  '',
  ' ',
  '\uFEFF',
  0,
  -1,
  1e308,
  true,
  false,
  [],
  {},
  [null],
  [[]],
  ['', 3, { text: 'x' }],
  { page_content: 'x' },
  "['a', 'b']",
  '["a"',
  "['a' 'b']",
  '{{question}}',
  '{% x %}',
  'file://x',
  '((((',
  '\u0000',
  '😀',
  '[1, 2]',
  'a|b,c',
  '__proto__',
];
const KEYS = [
  '__proto__',
  'constructor',
  'id',
  'zz',
  'vars',
  'assert',
  'paragraphs',
  'answers',
  'metadata',
  'inputs',
  'question',
];

/** One change somewhere in a value: an odd value, a field gone, repeated or renamed. */
function mutate(value: Json, random: () => number): Json {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const isHeld = typeof value === 'object' && value !== null;
  if (!isHeld || random() < 0.1) return structuredClone(pick(ODD));
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length);
    if (value.length === 0 || random() < 0.1) return [...value, structuredClone(pick(ODD))];
    return value.map((one, i) => (i === at ? mutate(one, random) : one));
  }
  const entries = Object.entries(value);
  const chosen = Math.floor(random() * entries.length);
  if (random() < 0.15) return Object.fromEntries(entries.filter((_, i) => i !== chosen));
  if (random() < 0.15) return Object.fromEntries([...entries, [pick(KEYS), structuredClone(pick(ODD))]]);
  return Object.fromEntries(entries.map(([key, one], i) => [key, i === chosen ? mutate(one, random) : one]));
}

/** Rows of a set: some of those given, some twice, some changed, one with a field that no format has. */
function mutatedRows(rows: readonly Json[], random: () => number): Json[] {
  const out = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
    let row: Json = structuredClone(rows[Math.floor(random() * rows.length)] ?? {});
    const before: Json = row;
    for (let left = Math.floor(random() * 4); left > 0; left -= 1) row = mutate(row, random);
    // Rows that are no objects are refused as a whole; the others matter here.
    return typeof row === 'object' && row !== null && !Array.isArray(row) ? row : before;
  });
  (out[0] as Record<string, Json>)['zz-unknown'] = 'kept by nobody';
  return out;
}

export const jsonl = (rows: readonly Json[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const cells = (rows: readonly Json[]): string => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row as object)))].filter(
    (name) => name.trim() !== '',
  );
  const cell = (value?: Json): string => {
    const text =
      typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
    return `"${text.replaceAll('"', '""')}"`;
  };
  const lines = rows.map((row) =>
    names
      .map((name) => cell(Object.hasOwn(row as object, name) ? (row as Record<string, Json>)[name] : ''))
      .join(','),
  );
  return [names.map((name) => cell(name)).join(','), ...lines].join('\r\n');
};

export interface Source {
  readonly format: keyof typeof IMPORTERS;
  /** The files of one mutated set, and how many rows they hold; null where nobody can say. */
  make(
    random: () => number,
  ): Promise<{ files: Record<string, string>; main: string; rows: number | null; isNamed: boolean }>;
}

const rowsIn = async (name: string): Promise<Json[]> => {
  const text = await readFile(path.join(FILES, name), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
};

function flat(format: Source['format'], seed: () => Promise<Json[]>): Source {
  let held: Json[] | null = null;
  return {
    format,
    async make(random) {
      held ??= await seed();
      const rows = mutatedRows(held, random);
      const kind = Math.floor(random() * 3);
      if (kind === 0)
        return { files: { 'set.jsonl': jsonl(rows) }, main: 'set.jsonl', rows: rows.length, isNamed: true };
      if (kind === 1)
        return {
          files: { 'set.json': JSON.stringify(rows) },
          main: 'set.json',
          rows: rows.length,
          isNamed: true,
        };
      // A table’s rows whose cells are all empty are none.
      const filled = rows.filter((row) =>
        Object.values(row as object).some(
          (one) => !(one === null || (typeof one === 'string' && one.trim() === '')),
        ),
      );
      return {
        files: { 'set.csv': cells(filled) },
        main: 'set.csv',
        rows: filled.length,
        isNamed: format !== 'promptfoo',
      };
    },
  };
}

/** SQuAD has none, and without them no question is complete. */
const withParaphrases = (rows: readonly Json[]): Json[] =>
  rows.map((row) => ({ ...(row as Record<string, Json>), paraphrases: ['a', 'b', 'c'] }));

const squadDocument: Source = {
  format: 'squad',
  async make(random) {
    const document = JSON.parse(await readFile(path.join(FILES, 'squad.json'), 'utf8')) as {
      data: { paragraphs: { qas: Json[] }[] }[];
    };
    const paragraph = document.data[0]?.paragraphs[0];
    if (paragraph !== undefined)
      paragraph.qas = [...mutatedRows(withParaphrases(paragraph.qas.slice(0, 2)), random), 'torn', null];
    const rows = paragraph?.qas.length ?? 0;
    return { files: { 'set.json': JSON.stringify(document) }, main: 'set.json', rows, isNamed: true };
  },
};

const beirFolder: Source = {
  format: 'beir',
  async make(random) {
    const queries = mutatedRows(await rowsIn('beir-metadata/queries.jsonl'), random);
    const judged = ['q1', 'q2', 'gone', 'q1'].slice(Math.floor(random() * 3));
    const scores = [1, 0, 2, 'x', -1];
    const lines = judged.map(
      (query) => `${query}\t${Math.ceil(random() * 5)}\t${scores[Math.floor(random() * 5)]}`,
    );
    const known = new Set(queries.map((row) => (row as Record<string, Json>)['_id']).map(idOf));
    const readable = lines.filter((line) => /\t-?\d+$/.test(line)).map((line) => line.split('\t')[0] ?? '');
    const strangers = new Set(readable.filter((query) => !known.has(query)));
    return {
      files: {
        'corpus.jsonl': await readFile(path.join(FILES, 'beir-metadata/corpus.jsonl'), 'utf8'),
        'queries.jsonl': jsonl(queries),
        'qrels/test.tsv': ['query-id\tcorpus-id\tscore', ...lines].join('\n'),
      },
      main: '.',
      rows: queries.length + strangers.size,
      isNamed: false,
    };
  },
};

const idOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';

/** Bytes anywhere: most of these are refused, and must be so with a place. */
const torn = (format: Source['format'], name: string): Source => ({
  format,
  async make(random) {
    let bytes = await readFile(path.join(FILES, name));
    for (let left = 1 + Math.floor(random() * 4); left > 0; left -= 1) {
      const at = Math.floor(random() * bytes.length);
      if (random() < 0.3) bytes = bytes.subarray(0, at);
      else bytes[at] = [10, 34, 39, 44, 91, 93, 123, 125, 92, 58, 32, 200][Math.floor(random() * 12)] ?? 0;
    }
    return { files: { [name]: bytes.toString('latin1') }, main: name, rows: null, isNamed: false };
  },
});

export const SOURCES: Readonly<Record<string, Source>> = {
  ragas: flat('ragas', async () => [...(await rowsIn('hops.jsonl')), ...(await rowsIn('strlist.jsonl'))]),
  deepeval: flat(
    'deepeval',
    async () => JSON.parse(await readFile(path.join(FILES, 'deepeval.json'), 'utf8')) as Json[],
  ),
  langsmith: flat('langsmith', () => rowsIn('langsmith.jsonl')),
  table: flat('table', async () => [
    {
      id: 'k',
      question: 'How often?',
      paraphrases: ['a', 'b', 'c'],
      section_id: 'keys#1',
      must_include: 'x\ny',
      answerable: 'yes',
      context: 'Keys rotate.',
    },
  ]),
  promptfoo: flat('promptfoo', async () => [
    {
      vars: { question: ['Why?', 'How?'], expected: 'x' },
      assert: [
        { type: 'contains-all', value: 'a, "b, c"' },
        { type: 'regex', value: '(a' },
        { type: 'assert-set', assert: [] },
      ],
      metadata: { section_id: 's', paraphrases: ['a'] },
    },
    {
      vars: { question: 'When?' },
      assert: [
        { type: 'is-json', value: { type: 'object', required: ['day'] } },
        { type: 'regex', value: 'a+' },
      ],
      metadata: { section_id: 'keys#1', paraphrases: ['a', 'b', 'c'] },
    },
    // Complete, were it not for a schema and a pattern that cannot be compiled.
    {
      vars: { question: 'Who?' },
      assert: [
        { type: 'is-json', value: { type: 'no-such-type' } },
        { type: 'regex', value: '(?=a)' },
      ],
      metadata: { section_id: 'keys#1', paraphrases: ['a', 'b', 'c'] },
    },
  ]),
  'squad rows': flat('squad', async () => withParaphrases(await rowsIn('squad-hf.jsonl'))),
  squad: squadDocument,
  beir: beirFolder,
};

export const TORN: Readonly<Record<string, Source>> = {
  ragas: torn('ragas', 'ragas.csv'),
  promptfoo: torn('promptfoo', 'pf.yaml'),
  squad: torn('squad', 'squad.json'),
  langsmith: torn('langsmith', 'langsmith.jsonl'),
};
