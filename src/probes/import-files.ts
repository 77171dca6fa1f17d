/**
 * Reads the files of foreign data sets: JSON, JSONL and YAML, bounded.
 *
 * Invariant: rows come out as plain objects; what is not one is refused with its place, never skipped.
 */
import { readFile, stat } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { UserError } from '../domain/errors.ts';
import type { Section } from '../domain/probe.ts';
import { corpusHashOf } from './probe-set.ts';
import { LIMITS, sectionSchema } from './probe-set-schema.ts';
import { parseLine } from './parse-lines.ts';

export type Row = Readonly<Record<string, unknown>>;

export async function readText(path: string): Promise<string> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  if (size === null) throw new UserError(`${path} is no file that can be read`);
  if (size > LIMITS.fileBytes) {
    throw new UserError(`${path} has ${size} bytes; at most ${LIMITS.fileBytes} are read`, {
      hint: 'take a part of it: a probe set has 50 to 200 questions',
    });
  }
  return readFile(path, 'utf8');
}

/** A JSON or YAML document, or a list of the documents of a `.jsonl` file. */
export async function readDocument(path: string): Promise<unknown> {
  const text = await readText(path);
  if (/\.(jsonl|ndjson)$/iu.test(path)) return jsonLines(text, path);
  if (/\.csv$/iu.test(path)) {
    throw new UserError(`${path}: CSV is not read, its lists have no fixed form`, {
      hint: 'write it as JSONL, e.g. with pandas: df.to_json("set.jsonl", orient="records", lines=True)',
    });
  }
  try {
    return /\.ya?ml$/iu.test(path) ? (parseYaml(text, { maxAliasCount: 100 }) as unknown) : JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} cannot be parsed: ${firstLine(cause)}`, { cause });
  }
}

export function jsonLines(text: string, path: string): Row[] {
  const lines = text.split('\n');
  if (lines.length > LIMITS.lines) {
    throw new UserError(`${path}: more than ${LIMITS.lines} lines`, { hint: 'take a part of it' });
  }
  return lines.flatMap((line, i): Row[] => {
    if (line.trim() === '') return [];
    try {
      return [rowOf(JSON.parse(line) as unknown, `${path}:${i + 1}`)];
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      throw new UserError(`${path}:${i + 1}: not JSON`, { cause });
    }
  });
}

/** The rows of a document: a list, or the list under one of `keys`. */
export function rowsOf(document: unknown, keys: readonly string[], path: string): Row[] {
  const held = Array.isArray(document)
    ? (document as unknown[])
    : keys
        .map((key) => (isRow(document) ? document[key] : undefined))
        .find((value): value is unknown[] => Array.isArray(value));
  if (held === undefined) throw new UserError(`${path}: no list of rows (looked for ${keys.join(', ')})`);
  return held.map((row, i) => rowOf(row, `${path}: row ${i + 1}`));
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rowOf(value: unknown, where: string): Row {
  if (isRow(value)) return value;
  throw new UserError(`${where}: not an object`);
}

/** The first of `keys` that holds text. */
export function textOf(row: Row, ...keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = row[key];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** The texts of a list; a single text counts as a list of one. */
export function textsOf(row: Row, ...keys: readonly string[]): string[] {
  for (const key of keys) {
    const value = row[key];
    if (typeof value === 'string' && value.trim() !== '') return [value.trim()];
    if (Array.isArray(value)) {
      return value.filter((one): one is string => typeof one === 'string' && one.trim() !== '');
    }
  }
  return [];
}

/** Our own `sections.jsonl`. */
export async function readSections(path: string): Promise<Section[]> {
  const lines = (await readText(path)).split('\n');
  return lines.flatMap((line, i) =>
    line.trim() === '' ? [] : [parseLine(sectionSchema, line, `${path}:${i + 1}`)],
  );
}

/** Sections made of texts that belong to no document that we know. */
export function sectionsOfTexts(texts: readonly string[], rev: string): Section[] {
  return [...new Set(texts)].map((text): Section => {
    const about = { doc_id: 'imported', title: '', source_url: '', rev, topic: 'imported' };
    const draft = { section_id: '', ...about, text };
    return { ...draft, section_id: `context-${corpusHashOf([draft]).slice(0, 12)}` };
  });
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
