/**
 * Imports foreign data sets into our format: what is complete becomes a probe set, what is not becomes
 * drafts with a list of what to write.
 *
 * Invariant: every row of the source is counted: it is among the questions (complete or drafts), or named with why it is left
 * out; a draft is never sent as a probe.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { Probe } from '../../domain/probe.ts';
import { writeFolder, writeSet } from '../curate-write.ts';
import { corpusHashOf, sha256 } from '../probe-set.ts';
import { sectionSchema } from '../probe-set-schema.ts';
import { beir } from './beir.ts';
import { deepeval } from './deepeval.ts';
import { sortDrafts, type Draft, type Imported, type ImportedRow, type LeftOutRow } from './draft.ts';
import { drafts } from './drafts.ts';
import { readRows, readSections } from './files.ts';
import { gapsText } from './gaps-text.ts';
import type { Importer } from './importer.ts';
import { langsmith } from './langsmith.ts';
import { promptfoo } from './promptfoo.ts';
import { ragas } from './ragas.ts';
import { squad } from './squad.ts';
import { table } from './table.ts';

export const IMPORTERS = {
  ragas,
  deepeval,
  promptfoo,
  beir,
  squad,
  langsmith,
  table,
  drafts,
} satisfies Readonly<Record<string, Importer>>;
export type ImportFormat = keyof typeof IMPORTERS;
export const IMPORT_FORMATS = Object.keys(IMPORTERS) as readonly ImportFormat[];

export interface ImportOptions {
  readonly format: ImportFormat;
  /** A file; for BEIR and drafts a folder. */
  readonly path: string;
  /** Our own `sections.jsonl`, for formats that bring no corpus. */
  readonly sections?: string;
  readonly name: string;
  readonly folder: string;
}

export interface ImportResult {
  readonly folder: string;
  /** Rows of the source: each became questions or is left out. */
  readonly rows: number;
  readonly complete: readonly Probe[];
  readonly drafts: readonly Draft[];
  readonly leftOut: readonly LeftOutRow[];
  readonly sections: number;
  readonly notes: readonly string[];
}

/** @throws UserError when the source cannot be read, the folder is not empty, or what is complete is too large to load as a set. */
export async function importProbes(options: ImportOptions): Promise<ImportResult> {
  const { sections, rows, notes } = await read(options);
  const all = rows.flatMap((row) => ('drafts' in row ? row.drafts : []));
  const leftOut = rows.flatMap(leftOutRow);
  if (!all.some(({ question }) => question !== '')) throw await noQuestion(options, leftOut[0]);
  const ids = new Set(sections.map((section) => section.section_id));
  if (ids.size < sections.length) throw new UserError('two sections have the same id');
  const sorted = sortDrafts(unique(all), sections);
  const folder = resolve(options.folder);
  const jsonl = (lines: readonly object[]): string =>
    lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const files = {
    'probes.jsonl': jsonl(sorted.complete),
    'sections.jsonl': jsonl(sections),
    'drafts.jsonl': jsonl(sorted.drafts),
    ...(leftOut.length > 0 ? { 'left-out.jsonl': jsonl(leftOut) } : {}),
    'GAPS.md': gapsText({
      source: `${options.format} (\`${options.path}\`)`,
      rows: rows.length,
      ...sorted,
      leftOut,
      notes,
    }),
  };
  const manifest = {
    name: options.name,
    version: '0.1.0',
    createdBy: `imported from ${options.format}`,
    corpusHash: corpusHashOf(sections),
    tokenizer: 'intl-word',
    counts: { probes: sorted.complete.length, drafts: sorted.drafts.length, sections: sections.length },
    probes: 'probes.jsonl',
    sections: 'sections.jsonl',
    sha256: {
      'probes.jsonl': sha256(files['probes.jsonl']),
      'sections.jsonl': sha256(files['sections.jsonl']),
    },
  };
  const written = { ...files, 'manifest.json': `${JSON.stringify(manifest, null, 2)}\n` };
  // A set without a probe does not load; its drafts are what there is.
  await (sorted.complete.length > 0 ? writeSet : writeFolder)(folder, written);
  return { folder, rows: rows.length, ...sorted, leftOut, sections: sections.length, notes };
}

function leftOutRow(row: ImportedRow): LeftOutRow[] {
  return 'leftOut' in row ? [{ where: row.where, why: row.leftOut }] : [];
}

async function read({ format, path, sections }: ImportOptions): Promise<Imported> {
  const imported = await IMPORTERS[format].read(
    path,
    sections === undefined ? null : await readSections(sections),
  );
  for (const section of imported.sections) {
    const parsed = sectionSchema.safeParse(section);
    if (parsed.success) continue;
    const [issue] = parsed.error.issues;
    const id = section.section_id.slice(0, 60);
    throw new UserError(`${path}: section ${id}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return imported;
}

/** Says which format the source looks like, since the wrong one finds nothing in it. */
async function noQuestion(
  { format, path }: ImportOptions,
  first: LeftOutRow | undefined,
): Promise<UserError> {
  const isFile = (await stat(path)).isFile();
  const rows = isFile ? await readRows(path, ['data', 'tests', 'goldens', 'examples']).catch(() => []) : [];
  const row = rows[0]?.row ?? {};
  const like = IMPORT_FORMATS.find((one) => one !== format && IMPORTERS[one].recognises(row));
  const why = first === undefined ? '' : ` (${first.where}: ${first.why})`;
  const hint = like === undefined ? {} : { hint: `it looks like ${like}: cutover probes import ${like} …` };
  return new UserError(`${path} holds no question that ${format} knows${why}`, hint);
}

/** A repeated id gets a number: two probes must be told apart, and neither is dropped. */
function unique(all: readonly Draft[]): Draft[] {
  const taken = new Set(all.map(({ id }) => id));
  const seen = new Map<string, number>();
  return all.map((draft) => {
    let n = (seen.get(draft.id) ?? 0) + 1;
    if (n > 1) while (taken.has(`${draft.id}~${n}`)) n += 1;
    seen.set(draft.id, n);
    const id = n === 1 ? draft.id : `${draft.id}~${n}`;
    taken.add(id);
    return { ...draft, id };
  });
}
