/**
 * Reads a probe set: a folder with `manifest.json`, `probes.jsonl` and `sections.jsonl`.
 *
 * Invariant: what comes out is validated and cross-checked, and `digest` covers the bytes of all files: a set that
 * reads differently has another digest, and the plan that pinned the old one refuses it.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { UserError } from '../domain/errors.ts';
import type { Probe, ProbeSet, Section } from '../domain/probe.ts';
import { assertionsOf } from './assertions.ts';
import type { Manifest } from './probe-set-schema.ts';
import { LIMITS, manifestSchema, probeSchema, sectionSchema } from './probe-set-schema.ts';
import { parseJson, parseLine, splitLines } from './parse-lines.ts';

/** A set with its files' facts. */
export interface LoadedProbeSet extends ProbeSet {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A file of the set. Other files of the repository may be named (`../corpus/sections.jsonl`), absolute paths not. */
async function readPart(folder: string, name: string): Promise<Buffer> {
  if (isAbsolute(name)) throw new UserError(`${folder}/manifest.json: ${name} must be a relative path`);
  const path = resolve(folder, name);
  try {
    const found = await stat(path);
    // A pipe that nobody writes to would be read for ever.
    if (!found.isFile()) throw new UserError(`${path} is no file`);
    const { size } = found;
    if (size > LIMITS.fileBytes) {
      throw new UserError(`${path} has ${size} bytes; a probe set's file may have ${LIMITS.fileBytes}`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path} cannot be read`, {
      hint: 'A probe set is a folder with manifest.json, probes.jsonl and sections.jsonl.',
      cause,
    });
  }
}

export function sha256(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function checkSum(manifest: Manifest, name: string, bytes: Buffer, path: string): void {
  const expected = manifest.sha256?.[name];
  const actual = sha256(bytes);
  if (expected === undefined || expected === actual) return;
  throw new UserError(`${path}: sha256 of ${name} is ${actual}, the manifest says ${expected}`, {
    hint: 'The file was edited after the manifest was written: review the change and write the new sum.',
  });
}

function readLines<T>(path: string, bytes: Buffer, read: (line: string, where: string) => T): T[] {
  const lines = splitLines(bytes.toString('utf8'));
  if (lines.length > LIMITS.lines) throw new UserError(`${path}: more than ${LIMITS.lines} lines`);
  return lines.flatMap((line, i) => (line.trim() === '' ? [] : [read(line, `${path}:${i + 1}`)]));
}

/** What is wrong with the sections that a probe names; null when nothing is. */
export function targetFault(probe: Probe, sections: ReadonlyMap<string, Section>): string | null {
  if (probe.answerable && probe.targets.length === 0) return 'it is answerable but names no target section';
  for (const target of probe.targets) {
    const section = sections.get(target.section_id);
    if (section === undefined) return `no section ${target.section_id}`;
    for (const [start, end] of target.spans ?? []) {
      if (start >= end || end > section.text.length) {
        return `span ${start}-${end} is outside of ${target.section_id} (${section.text.length} characters)`;
      }
    }
  }
  const decoy = probe.decoys.find((id) => !sections.has(id));
  return decoy === undefined ? null : `no section ${decoy} (a decoy)`;
}

/** Digest of a corpus when the manifest gives none: ids and texts in file order. */
export function corpusHashOf(sections: Iterable<Section>): string {
  const hash = createHash('sha256');
  for (const s of sections) hash.update(`${s.section_id}\0${s.text}\0`);
  return hash.digest('hex');
}

/**
 * Loads and checks a probe set.
 * @param folder absolute, or relative to the working directory.
 * @throws UserError naming file and line of the first thing that is wrong.
 */
export async function loadProbeSet(folder: string): Promise<LoadedProbeSet> {
  const manifestPath = join(folder, 'manifest.json');
  const manifestBytes = await readPart(folder, 'manifest.json');
  const manifest = parseJson(manifestSchema, manifestBytes.toString('utf8'), manifestPath);
  const probesPath = join(folder, manifest.probes);
  const sectionsPath = join(folder, manifest.sections);
  const probeBytes = await readPart(folder, manifest.probes);
  const sectionBytes = await readPart(folder, manifest.sections);
  checkSum(manifest, manifest.probes, probeBytes, manifestPath);
  checkSum(manifest, manifest.sections, sectionBytes, manifestPath);

  const sections = new Map<string, Section>();
  readLines(relative('.', sectionsPath), sectionBytes, (line, where) => {
    const section: Section = parseLine(sectionSchema, line, where);
    if (sections.has(section.section_id))
      throw new UserError(`${where}: section ${section.section_id} is there twice`);
    sections.set(section.section_id, section);
  });
  const seen = new Set<string>();
  const probes = readLines(relative('.', probesPath), probeBytes, (line, where) => {
    // zod gives `| undefined` on optional fields; the contract's optional fields are simply absent.
    const probe = parseLine(probeSchema, line, where) as Probe;
    if (seen.has(probe.id)) throw new UserError(`${where}: probe ${probe.id} is there twice`);
    seen.add(probe.id);
    assertionsOf(probe, `${where}: ${probe.id}`);
    const fault = targetFault(probe, sections);
    if (fault !== null) throw new UserError(`${where}: ${probe.id}: ${fault}`);
    return probe;
  });
  if (probes.length === 0) throw new UserError(`${probesPath}: no probes`);
  const corpusHash = corpusHashOf(sections.values());
  if (manifest.corpusHash !== undefined && manifest.corpusHash !== corpusHash) {
    throw new UserError(
      `${manifestPath}: corpusHash is ${manifest.corpusHash}, the sections have ${corpusHash}`,
    );
  }
  const digest = sha256(sha256(manifestBytes), sha256(probeBytes), sha256(sectionBytes));
  return {
    name: manifest.name,
    version: manifest.version,
    digest,
    corpusHash,
    probes,
    sections,
    folder,
    manifest,
  };
}
