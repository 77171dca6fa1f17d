/**
 * Reads the files of foreign data sets: JSON, JSONL, YAML and CSV, bounded.
 *
 * Invariant: rows come out as plain objects with their place; what is not one is refused or named with that place, never skipped.
 */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { foldWords } from '../../domain/fold-text.ts';
import { UserError } from '../../domain/errors.ts';
import type { Section } from '../../domain/probe.ts';
import { parseLine, splitLines } from '../parse-lines.ts';
import { corpusHashOf } from '../probe-set.ts';
import { LIMITS, sectionSchema } from '../probe-set-schema.ts';
import { tableRows } from './csv.ts';
import { isRow, type PlacedRow, type Row } from './rows.ts';

/** Characters of one line of a file that is read line by line. */
const MAX_LINE = 8 * 1024 * 1024;

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) throw new UserError(`${path} is no file that can be read`);
  return found.size;
}

/** A decoder that refuses what is not UTF-8 and drops the mark that some editors put before it. */
function decoder(path: string): (bytes: Buffer | null) => string {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  return (bytes) => {
    try {
      return bytes === null ? utf8.decode() : utf8.decode(bytes, { stream: true });
    } catch (cause) {
      throw new UserError(`${path} is not UTF-8`, { hint: 'save it as UTF-8 and import again', cause });
    }
  };
}

async function readText(path: string): Promise<string> {
  const size = await sizeOf(path);
  if (size > LIMITS.fileBytes) {
    throw new UserError(`${path} has ${size} bytes; at most ${LIMITS.fileBytes} are read`, {
      hint: 'take a part of it: a probe set has 50 to 200 questions',
    });
  }
  const decode = decoder(path);
  return decode(await readFile(path)) + decode(null);
}

/** The lines of a file of any size, one at a time; `line` counts from 1. */
export async function* linesOf(
  path: string,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  await sizeOf(path);
  const decode = decoder(path);
  let rest = '';
  let line = 0;
  const parts = async function* (): AsyncGenerator<string> {
    for await (const chunk of createReadStream(path)) yield decode(chunk as Buffer);
    yield decode(null);
  };
  for await (const part of parts()) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE)
      throw new UserError(`${path}:${line + 1}: a line of over ${MAX_LINE} characters`);
    for (const text of lines) yield { line: (line += 1), text };
  }
  if (rest !== '') yield { line: line + 1, text: rest };
}

/** The objects of a `.jsonl` file of any size, one at a time. */
export async function* jsonLinesOf(path: string): AsyncGenerator<PlacedRow> {
  for await (const { line, text } of linesOf(path)) {
    if (text.trim() !== '') yield { where: `line ${line}`, row: jsonRow(text, `${path}:${line}`) };
  }
}

/** What a file holds: rows where its form has rows, else a document. */
export type Source = { readonly rows: readonly PlacedRow[] } | { readonly document: unknown };

export async function readSource(path: string): Promise<Source> {
  const text = await readText(path);
  if (/\.(jsonl|ndjson)$/iu.test(path)) return { rows: jsonLines(text, path) };
  if (/\.[ct]sv$/iu.test(path)) return { rows: tableRows(text, path) };
  try {
    const isYaml = /\.ya?ml$/iu.test(path);
    return { document: isYaml ? (parseYaml(text, { maxAliasCount: 100 }) as unknown) : JSON.parse(text) };
  } catch (cause) {
    // Lines of JSON are often called `.json`.
    if (/^\s*\{[^\n]*\}\r?\n\s*\{/u.test(text)) return { rows: jsonLines(text, path) };
    throw new UserError(`${path} cannot be parsed: ${firstLine(cause)}`, { cause });
  }
}

function jsonLines(text: string, path: string): PlacedRow[] {
  const lines = splitLines(text);
  if (lines.length > LIMITS.lines) {
    throw new UserError(`${path}: more than ${LIMITS.lines} lines`, { hint: 'take a part of it' });
  }
  return lines.flatMap((line, i): PlacedRow[] =>
    line.trim() === '' ? [] : [{ where: `line ${i + 1}`, row: jsonRow(line, `${path}:${i + 1}`) }],
  );
}

function jsonRow(text: string, where: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${where}: not JSON`, { cause });
  }
  return rowOf(value, where);
}

/** The rows of a data set: those of its lines, a list, or the list under one of `keys`. */
export async function readRows(path: string, keys: readonly string[]): Promise<readonly PlacedRow[]> {
  const source = await readSource(path);
  return 'rows' in source ? source.rows : rowsOf(source.document, keys, path);
}

/** The rows of a document: a list, or the list under one of `keys`. */
export function rowsOf(document: unknown, keys: readonly string[], path: string): PlacedRow[] {
  const held = Array.isArray(document)
    ? (document as unknown[])
    : keys
        .map((key) => (isRow(document) ? document[key] : undefined))
        .find((value): value is unknown[] => Array.isArray(value));
  if (held === undefined) throw new UserError(`${path}: no list of rows (looked for ${keys.join(', ')})`);
  return held.map((row, i) => ({ where: `row ${i + 1}`, row: rowOf(row, `${path}: row ${i + 1}`) }));
}

function rowOf(value: unknown, where: string): Row {
  if (isRow(value)) return value;
  throw new UserError(`${where}: not an object`);
}

/** Our own `sections.jsonl`. */
export async function readSections(path: string): Promise<Section[]> {
  const lines = (await readText(path)).split('\n');
  return lines.flatMap((line, i) =>
    line.trim() === '' ? [] : [parseLine(sectionSchema, line, `${path}:${i + 1}`)],
  );
}

/** Sections made of texts that belong to no document that we know; texts of the same words are one. */
export function sectionsOfTexts(texts: readonly string[], rev: string): Section[] {
  const distinct = new Map(texts.map((text) => [foldWords(text), text]));
  return [...distinct.values()].map((text): Section => {
    const about = { doc_id: 'imported', title: '', source_url: '', rev, topic: 'imported' };
    const draft = { section_id: '', ...about, text };
    return { ...draft, section_id: `context-${corpusHashOf([draft]).slice(0, 12)}` };
  });
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
