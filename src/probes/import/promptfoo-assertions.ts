/**
 * promptfoo's assertions as what a probe can ask of an answer.
 *
 * Invariant: only an assertion with the very meaning of ours is taken over; every other one is named.
 */
import type { Expectation } from '../../domain/probe.ts';
import { compileAnswerSchema } from '../answer-schema.ts';
import { compilePattern } from '../pattern.ts';
import type { Draft } from './draft.ts';
import { isRow, objectOf, textOf, type Row } from './rows.ts';
import { literalOf } from './python-literal.ts';

export interface Assertions {
  /** As fields of a probe. */
  readonly asked: Pick<Draft, 'must_include' | 'must_not_include' | 'expect'>;
  /** Named, since nothing of ours means the same. */
  readonly foreign: readonly string[];
  /** Named, since a gate of its own or nobody judges it. */
  readonly ignored: readonly string[];
}

interface Found {
  readonly include: string[];
  readonly exclude: string[];
  readonly contains: string[];
  readonly notContains: string[];
  readonly matches: string[];
  readonly notMatches: string[];
  schema?: unknown;
}

/** Measured by gates of their own, or not at all. */
const IGNORED: Readonly<Record<string, string>> = {
  latency: 'the gate `latency` measures it',
  cost: 'what an answer costs is not judged',
};

/** @param vars by which `{{name}}` in a value is replaced */
export function assertionsOf(list: readonly unknown[], vars: Row): Assertions {
  const found: Found = {
    include: [],
    exclude: [],
    contains: [],
    notContains: [],
    matches: [],
    notMatches: [],
  };
  const foreign: string[] = [];
  const ignored: string[] = [];
  const take = (one: unknown): void => {
    const row = isRow(one) ? one : {};
    const type = textOf(row, 'type') ?? '?';
    const unasked =
      row['weight'] === 0 ? 'its weight is 0' : Object.hasOwn(IGNORED, type) ? IGNORED[type] : undefined;
    if (unasked !== undefined) {
      ignored.push(`\`${type}\` is not taken over: ${unasked}`);
      return;
    }
    const isSet = type === 'assert-set' && Array.isArray(row['assert']);
    const threshold = row['threshold'] ?? 1;
    if (isSet && threshold === 1) {
      for (const inner of row['assert'] as unknown[]) take(inner);
      return;
    }
    const why = isSet ? 'a part of it is enough' : takeOne(type, row, vars, found);
    if (why !== null) foreign.push(why === '' ? type : `${type} (${why})`);
  };
  list.forEach(take);
  return { asked: fieldsOf(found), foreign, ignored };
}

/** @returns why it is not taken over; null when it is. */
function takeOne(type: string, row: Row, vars: Row, found: Found): string | null {
  if (row['transform'] !== undefined) return 'the answer is transformed first';
  const isNot = type.startsWith('not-');
  const kind = isNot ? type.slice(4) : type;
  if (kind === 'is-json') return isNot ? '' : takeSchema(row['value'], found);
  const read = valuesOf(row['value'], /-(all|any)$/u.test(kind), vars);
  if ('why' in read) return read.why;
  const { values } = read;
  const folded = kind.startsWith('i');
  const each = isNot ? (folded ? found.exclude : found.notContains) : folded ? found.include : found.contains;
  const patterns = isNot ? found.notMatches : found.matches;
  switch (kind.replace(/^i/u, '')) {
    case 'contains':
      each.push(...values);
      return null;
    case 'contains-all':
      // "Not all of them" is no list of what must be missing.
      if (isNot && values.length > 1) return '';
      each.push(...values);
      return null;
    case 'contains-any':
      if (isNot) each.push(...values);
      else found.matches.push(`${folded ? '(?i)' : ''}(?:${values.map(escaped).join('|')})`);
      return null;
    case 'starts-with':
      patterns.push(...values.map((value) => `^${escaped(value)}`));
      return null;
    case 'equals':
      patterns.push(...values.map((value) => `^${escaped(value)}$`));
      return null;
    case 'regex':
      return values.map((value) => takePattern(value, patterns)).find((why) => why !== null) ?? null;
    default:
      return '';
  }
}

function takePattern(value: string, patterns: string[]): string | null {
  const why = refusal(() => compilePattern(value, '', 'regex'));
  if (why === null) patterns.push(value);
  return why;
}

/** Why something cannot be compiled; null when it can. */
function refusal(compile: () => unknown): string | null {
  try {
    compile();
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message.slice(0, 200) : 'it cannot be run';
  }
}

function takeSchema(value: unknown, found: Found): string | null {
  if (typeof value === 'string' && value.trim() !== '' && !isRow(literalOf(value)))
    return 'its schema is not in the file';
  if (found.schema !== undefined) return 'a second schema';
  const schema = objectOf(value);
  const why = refusal(() => compileAnswerSchema(schema, 'its schema'));
  if (why === null) found.schema = schema;
  return why;
}

/** The texts of a value; promptfoo writes lists also as one text with commas. */
function valuesOf(
  value: unknown,
  isList: boolean,
  vars: Row,
): { readonly values: string[] } | { readonly why: string } {
  const items =
    typeof value === 'string' && isList
      ? commaList(value)
      : Array.isArray(value)
        ? (value as unknown[])
        : [value];
  const values: string[] = [];
  for (const item of items) {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean') {
      return { why: 'its value is no text' };
    }
    const text = filled(String(item), vars);
    if (text === null) return { why: 'its value is a template' };
    if (/^(file|https?|package):\/\//u.test(text)) return { why: 'its value stands in another file' };
    if (text !== '') values.push(text);
  }
  return values.length === 0 ? { why: 'it has no value' } : { values };
}

function commaList(text: string): string[] {
  const parts = text.match(/\s*"[^"]*"\s*(?=,|$)|[^,]+/gu) ?? [];
  return parts.map((part) => part.trim().replace(/^"([^"]*)"$/u, '$1'));
}

/** `{{name}}` by its variable; null where more than that is asked for. */
export function filled(text: string, vars: Row): string | null {
  const out = text.replaceAll(
    /\{\{\s*([\w-]+)\s*\}\}/gu,
    (whole, name: string) => textOf(vars, name) ?? whole,
  );
  return /\{\{|\{%/u.test(out) ? null : out;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
}

function fieldsOf({ include, exclude, schema, ...lists }: Found): Assertions['asked'] {
  const filledLists = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
  const expect: Expectation = { ...filledLists, ...(schema === undefined ? {} : { jsonSchema: schema }) };
  return {
    ...(include.length > 0 ? { must_include: include } : {}),
    ...(exclude.length > 0 ? { must_not_include: exclude } : {}),
    ...(Object.keys(expect).length > 0 ? { expect } : {}),
  };
}
