/** Writes small probe sets to disk. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import type { Probe, Section } from '../../src/domain/probe.ts';

/** A folder that is removed after the file's tests. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cutover-probes-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function jsonl(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

export async function writeSet(
  folder: string,
  probes: readonly (Probe | object)[],
  sections: readonly Section[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), '{"name":"tiny","version":"1"}');
  await writeFile(path.join(folder, 'probes.jsonl'), jsonl(probes));
  await writeFile(path.join(folder, 'sections.jsonl'), jsonl(sections));
  return folder;
}

export function section(id: string, text: string): Section {
  return { section_id: id, doc_id: 'd', title: id, source_url: '', text, rev: '1', topic: 't' };
}
