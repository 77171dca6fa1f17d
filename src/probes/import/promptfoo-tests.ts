/**
 * The tests of a promptfoo config: inline, in other files beside it, or rows of a table with its special columns.
 *
 * Invariant: every entry of `tests` comes out, as a test or with why it could not be read.
 */
import { dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { readSource, rowsOf } from './files.ts';
import type { Notes } from './notes.ts';
import { isRow, textOf, type Row, type PlacedRow } from './rows.ts';

/** Tests that one test with lists of variables may become. */
const MAX_COMBINED = 200;

export interface Tests {
  readonly rows: readonly PlacedRow[];
  /** What every test has beside its own. */
  readonly shared: Row;
}

export async function readTests(path: string, notes: Notes): Promise<Tests> {
  const source = await readSource(path);
  if ('rows' in source) return { rows: testsOfRows(source.rows, path), shared: {} };
  const { document } = source;
  if (!isRow(document)) return { rows: rowsOf(document, ['tests'], path), shared: {} };
  const given = document['tests'];
  const entries: unknown[] = Array.isArray(given) ? given : typeof given === 'string' ? [given] : [];
  if (entries.length === 0) rowsOf(document, ['tests'], path);
  if (document['scenarios'] !== undefined) notes.say('`scenarios` are not read: write them as tests', path);
  const common = document['defaultTest'];
  if (common !== undefined && !isRow(common))
    notes.say('`defaultTest` stands in another file and is not read', path);
  const rows: PlacedRow[] = [];
  for (const [i, entry] of entries.entries()) {
    const where = `row ${i + 1}`;
    if (typeof entry === 'string') rows.push(...(await testsOfFile(entry, where, path)));
    else if (isRow(entry)) rows.push({ where, row: entry });
    else throw new UserError(`${path}: ${where}: not an object`);
  }
  return { rows, shared: isRow(common) ? common : {} };
}

async function testsOfFile(name: string, where: string, path: string): Promise<PlacedRow[]> {
  const file = name.replace(/^file:\/\//u, '');
  const refused = (wrong: string): PlacedRow[] => [
    { where, row: {}, wrong: `tests ${name.slice(0, 100)}: ${wrong}` },
  ];
  if (/^\w+:\/\//u.test(file) || /[*?{]/u.test(file)) return refused('only single files are read');
  if (!/\.(ya?ml|jsonl?|csv|tsv)$/iu.test(file)) return refused('only YAML, JSON, JSONL and CSV are read');
  try {
    const source = await readSource(join(dirname(path), file));
    if ('rows' in source) {
      return testsOfRows(source.rows, file).map((one) => ({ ...one, where: `${file}, ${one.where}` }));
    }
    return rowsOf(source.document, ['tests'], file).map((one) => ({
      ...one,
      where: `${file}, ${one.where}`,
    }));
  } catch (cause) {
    if (cause instanceof UserError) return refused(cause.message);
    throw cause;
  }
}

/** Lines of JSON are tests as they stand. */
function testsOfRows(rows: readonly PlacedRow[], path: string): readonly PlacedRow[] {
  return /\.[ct]sv$/iu.test(path) ? rows.map(tableTest) : rows;
}

/** A row of a table: special columns begin with two underscores, all others are variables. */
function tableTest(placed: PlacedRow): PlacedRow {
  const { row } = placed;
  const vars: Record<string, unknown> = {};
  const metadata: Record<string, unknown> = {};
  const assert: unknown[] = [];
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (/^__expected\d*$/u.test(name)) assert.push(...expected(value));
    else if (name.startsWith('__metadata:')) {
      const key = name.slice('__metadata:'.length);
      const isList = key.endsWith('[]') && typeof value === 'string';
      metadata[isList ? key.slice(0, -2) : key] = isList ? value.split(',').map((one) => one.trim()) : value;
    } else if (name.startsWith('__')) rest[name] = value;
    else vars[name] = value;
  }
  const threshold = textOf(rest, '__threshold');
  return {
    ...placed,
    row: { ...rest, vars, metadata, assert, ...(threshold === null ? {} : { threshold: Number(threshold) }) },
  };
}

/** `type: value`, a type alone, or the very answer. */
function expected(value: unknown): unknown[] {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') return [];
  if (/^(is|contains)-json$/u.test(text)) return [{ type: text }];
  const parts = /^([a-z][a-z-]*)(?:\([^)]*\))?:\s*([^]*)$/u.exec(text);
  return [parts === null ? { type: 'equals', value: text } : { type: parts[1], value: parts[2] }];
}

/** The variables of one test: one set for each combination of the lists in it; null when there are too many. */
export function combinations(vars: Row): Row[] | null {
  let out: Row[] = [{}];
  for (const [name, value] of Object.entries(vars)) {
    const options: unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
    if (out.length * options.length > MAX_COMBINED) return null;
    out = out.flatMap((held) => options.map((option) => ({ ...held, [name]: option })));
  }
  return out;
}
