/**
 * Imports foreign data sets into our format: what is complete becomes a probe set, what is not becomes
 * drafts with a list of what to write.
 *
 * Invariant: every row of the source is counted, in the set or among the drafts; a draft is never sent as a probe.
 */
import { join, resolve } from 'node:path';
import { UserError } from '../domain/errors.ts';
import type { Probe, Section } from '../domain/probe.ts';
import { sha256, writeFolder } from './curate-write.ts';
import { importBeir, importSquad } from './import-corpora.ts';
import { draftSchema, sortDrafts, type Draft, type Gap, type Imported } from './import-draft.ts';
import { readSections, readText } from './import-files.ts';
import { importPromptfoo } from './import-promptfoo.ts';
import { importDeepEval, importRagas } from './import-qa.ts';
import { parseLine } from './parse-lines.ts';
import { corpusHashOf } from './probe-set.ts';
import { sectionSchema } from './probe-set-schema.ts';

export const IMPORT_FORMATS = ['ragas', 'deepeval', 'promptfoo', 'beir', 'squad', 'drafts'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

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
  readonly complete: readonly Probe[];
  readonly drafts: readonly Draft[];
  readonly sections: number;
  readonly notes: readonly string[];
}

/** @throws UserError when the source cannot be read or the folder is not empty. */
export async function importProbes(options: ImportOptions): Promise<ImportResult> {
  const { sections, drafts, notes } = await read(options);
  if (drafts.length === 0) throw new UserError(`${options.path} holds no question`);
  const ids = new Set(sections.map((section) => section.section_id));
  if (ids.size < sections.length) throw new UserError('two sections have the same id');
  const sorted = sortDrafts(unique(drafts), ids);
  const folder = resolve(options.folder);
  const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const files = {
    'probes.jsonl': jsonl(sorted.complete),
    'sections.jsonl': jsonl(sections),
    'drafts.jsonl': jsonl(sorted.drafts),
    'GAPS.md': gapsText(options, sorted, notes),
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
  await writeFolder(folder, { ...files, 'manifest.json': `${JSON.stringify(manifest, null, 2)}\n` });
  return { folder, ...sorted, sections: sections.length, notes };
}

const READERS: Readonly<
  Record<ImportFormat, (path: string, sections: readonly Section[] | null) => Promise<Imported>>
> = {
  ragas: importRagas,
  deepeval: importDeepEval,
  promptfoo: importPromptfoo,
  beir: importBeir,
  squad: importSquad,
  drafts: importDrafts,
};

async function read({ format, path, sections }: ImportOptions): Promise<Imported> {
  const imported = await READERS[format](path, sections === undefined ? null : await readSections(sections));
  for (const section of imported.sections) {
    const parsed = sectionSchema.safeParse(section);
    if (parsed.success) continue;
    const [issue] = parsed.error.issues;
    const id = section.section_id.slice(0, 60);
    throw new UserError(`${path}: section ${id}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return imported;
}

/** A folder that an import wrote, after somebody has filled in its drafts. */
async function importDrafts(folder: string): Promise<Imported> {
  const lines = async (name: string): Promise<Draft[]> => {
    const path = join(folder, name);
    const all = (await readText(path)).split('\n').entries();
    return [...all].flatMap(([i, line]): Draft[] =>
      // zod gives `| undefined` on optional fields; ours are simply absent.
      line.trim() === '' ? [] : [parseLine(draftSchema, line, `${path}:${i + 1}`) as Draft],
    );
  };
  const sections = await readSections(join(folder, 'sections.jsonl'));
  return {
    sections,
    drafts: [...(await lines('probes.jsonl')), ...(await lines('drafts.jsonl'))],
    notes: [],
  };
}

/** A repeated id gets a number: two probes must be told apart, and neither is dropped. */
function unique(drafts: readonly Draft[]): Draft[] {
  const seen = new Map<string, number>();
  return drafts.map((draft) => {
    const n = (seen.get(draft.id) ?? 0) + 1;
    seen.set(draft.id, n);
    return n === 1 ? draft : { ...draft, id: `${draft.id}~${n}` };
  });
}

function gapsText(
  { format, path }: ImportOptions,
  { complete, drafts }: ReturnType<typeof sortDrafts>,
  notes: readonly string[],
): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
  const counts = new Map<Gap['code'], number>();
  for (const { code } of drafts.flatMap(({ gaps }) => gaps)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [
    '# What is still to be written',
    '',
    `Imported from ${format} (\`${path}\`): ${complete.length} probes are complete, ${drafts.length} are drafts in \`drafts.jsonl\`.`,
    'Fill the drafts in where they stand, then run `cutover probes import drafts <this folder> --out <new folder>`.',
    'Remove an entry of `gaps` once it is settled; `paraphrases_missing` and `target_missing` are worked out anew.',
    '',
    ...notes.map((note) => `- ${note}`),
    '- Nobody has reviewed the set (`reviewed_by`); run `cutover probes lint`, then `cutover probes curate`.',
    '',
    '| gap | drafts |',
    '|---|---|',
    ...[...counts].map(([code, n]) => `| ${code} | ${n} |`),
    '',
    '| id | question | to do |',
    '|---|---|---|',
    ...drafts.map(
      ({ id, question, gaps }) =>
        `| ${cell(id)} | ${cell(question).slice(0, 120)} | ${cell(gaps.map(({ message }) => message).join('; '))} |`,
    ),
    '',
  ].join('\n');
}
