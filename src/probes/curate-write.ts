/**
 * Writes a part of a probe set as a set of its own, with the list of what was left out and why.
 *
 * Invariant: a folder that holds something is never written over; lines are copied as they stand in the source, so fields
 * that this version does not read survive; the new set loads, or nothing is left of it.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { loadProbeSet, sha256, type LoadedProbeSet } from './probe-set.ts';

export interface LeftOut {
  readonly id: string;
  readonly reasons: readonly string[];
}

export interface SubsetOptions {
  readonly set: LoadedProbeSet;
  /** Ids of the probes that stay. */
  readonly keep: ReadonlySet<string>;
  readonly leftOut: readonly LeftOut[];
  /** Lines for DROPPED.md above its table; default none. */
  readonly notes?: readonly string[];
  readonly folder: string;
  /** How the subset came about, for the manifest and DROPPED.md. */
  readonly how: string;
}

/**
 * @returns the new set, loaded.
 * @throws UserError when the folder is not empty, or nothing would be left in the set.
 */
export async function writeSubset(options: SubsetOptions): Promise<LoadedProbeSet> {
  const { set, keep, how } = options;
  const folder = resolve(options.folder);
  const source = await readFile(join(set.folder, set.manifest.probes), 'utf8');
  const lines = source.split('\n').filter((line) => line.trim() !== '');
  const kept = lines.filter((line) => keep.has((JSON.parse(line) as { id: string }).id));
  if (kept.length === 0) throw new UserError('no probe would be left: nothing was written');
  const sections = await readFile(join(set.folder, set.manifest.sections));
  const probes = `${kept.join('\n')}\n`;
  const { sha256: _, ...manifest } = set.manifest;
  const files: Record<string, string | Buffer> = {
    'probes.jsonl': probes,
    'sections.jsonl': sections,
    'manifest.json': `${JSON.stringify(
      {
        ...manifest,
        probes: 'probes.jsonl',
        sections: 'sections.jsonl',
        corpusHash: set.corpusHash,
        counts: {
          probes: kept.length,
          leftOut: set.probes.length - kept.length,
          sections: set.sections.size,
        },
        madeFrom: { digest: set.digest, how },
        sha256: { 'probes.jsonl': sha256(probes), 'sections.jsonl': sha256(sections) },
      },
      null,
      2,
    )}\n`,
    'DROPPED.md': droppedText(options, kept.length),
  };
  return writeSet(folder, files);
}

/**
 * Writes the files of a probe set and loads them.
 * @throws UserError when the folder holds something, or the set would not load; nothing is left of it then.
 */
export async function writeSet(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<LoadedProbeSet> {
  await writeFolder(folder, files);
  try {
    return await loadProbeSet(folder);
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

function droppedText({ set, leftOut, notes = [], how }: SubsetOptions, kept: number): string {
  const questions = new Map(set.probes.map((probe) => [probe.id, probe.question]));
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    '# Probes that are not in this set, and why',
    '',
    `${how}. Of ${set.probes.length} probes of \`${set.name}\` ${set.version} (digest ${set.digest.slice(0, 12)}) ${kept} are kept and ${set.probes.length - kept} left out.`,
    '',
    ...notes.map((note) => `- ${note}`),
    ...(notes.length > 0 ? [''] : []),
    '| id | question | reason |',
    '|---|---|---|',
    ...leftOut.map(
      ({ id, reasons }) => `| ${cell(id)} | ${cell(questions.get(id) ?? '')} | ${cell(reasons.join('; '))} |`,
    ),
    '',
  ].join('\n');
}

/**
 * Writes the files beside `folder` and renames: a set is there whole or not at all.
 * @throws UserError when the folder exists and holds something.
 */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  const present = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new UserError(`${folder} cannot be written: ${cause.code ?? cause.message}`, { cause });
  });
  if (present.length > 0) {
    throw new UserError(`${folder} is not empty: nothing was written`, {
      hint: 'name a new folder with --out; a probe set is never written over',
    });
  }
  const beside = `${folder}.${process.pid}.tmp`;
  try {
    await mkdir(beside, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(beside, name), content);
    await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
