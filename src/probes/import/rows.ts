/**
 * Values of a foreign row. Lists and objects may stand in it as text, since a table has no other way to hold them.
 *
 * Invariant: pure; what is asked for and cannot be read is told apart from what is not there.
 */
import { foldText } from '../../domain/fold-text.ts';
import type { ProbeTarget } from '../../domain/probe.ts';
import { literalOf } from './python-literal.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface PlacedRow {
  /** Where it stands, for people: `line 3` or `row 3`. */
  readonly where: string;
  readonly row: Row;
  /** Why it cannot be read; absent when it can. */
  readonly wrong?: string;
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a field holds nothing: such a field is not lost. */
export function isBlank(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  return value === null || value === undefined || (isRow(value) && Object.keys(value).length === 0);
}

/** The first of `keys` that holds text or a number. */
export function textOf(row: Row, ...keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = Object.hasOwn(row, key) ? row[key] : undefined;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  }
  return null;
}

export interface Texts {
  readonly texts: readonly string[];
  /** Items that are no text. */
  readonly unread: number;
}

export interface ListOptions {
  /** What stands between the items of a list in a table, where its writer prints no brackets. */
  readonly separator?: string;
}

/** The texts of the first of `keys` that holds something; a single text is a list of one, and a list in text is read. */
export function listOf(row: Row, keys: readonly string[], { separator }: ListOptions = {}): Texts {
  const key = keys.find((one) => Object.hasOwn(row, one) && !isBlank(row[one]));
  const value = key === undefined ? [] : row[key];
  if (typeof value !== 'string') return textsIn(Array.isArray(value) ? (value as unknown[]) : [value]);
  const literal = literalOf(value);
  // A list of nothing but numbers is a text like any other.
  if (Array.isArray(literal) && !literal.every((one) => typeof one === 'number')) return textsIn(literal);
  // It says that it is a list, and cannot be read as one: a long one that was printed with an ellipsis, for example.
  if (/^\[\s*['"]/u.test(value.trim()) && /['"]\s*\]$/u.test(value.trim())) return { texts: [], unread: 1 };
  return textsIn(separator === undefined ? [value] : value.split(separator));
}

function textsIn(items: readonly unknown[]): Texts {
  const read = items.map(itemText);
  const texts = read.filter((one): one is string => one !== null && one !== '');
  return { texts, unread: read.filter((one) => one === null).length };
}

/** Documents of LangChain and the like hold their text under a name. */
function itemText(item: unknown): string | null {
  if (typeof item === 'string') return item.trim();
  if (typeof item === 'number') return String(item);
  if (isRow(item)) return textOf(item, 'page_content', 'text', 'content', 'context');
  return null;
}

/** An object, the first one of a list, or either in text; empty when there is none. */
export function objectOf(value: unknown): Row {
  const held = typeof value === 'string' ? literalOf(value) : value;
  const first = Array.isArray(held) ? (held as unknown[])[0] : held;
  return isRow(first) ? first : {};
}

/** As spreadsheets and people of other languages write it. */
const YES = new Set(
  'true yes y 1 x wahr ja vrai oui verdadero sí sì si vero verdadeiro sim waar prawda tak истина да doğru evet 是 真 はい 예 نعم صحيح'.split(
    ' ',
  ),
);
const NO = new Set(
  'false no n 0 falsch nein faux non falso não onwaar nee fałsz nie ложь нет yanliş hayir 否 假 いいえ 아니요 아니오 لا خطأ'.split(
    ' ',
  ),
);

/** Yes or no, also as a table writes it; null when it is neither. */
export function flagOf(row: Row, key: string): boolean | null {
  const value = row[key];
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' || typeof value === 'number' ? foldText(String(value).trim()) : '';
  return YES.has(text) ? true : NO.has(text) ? false : null;
}

/** Targets that are all of some sections. */
export function wholeSections(ids: readonly string[]): ProbeTarget[] {
  return [...new Set(ids)].map((id) => ({ section_id: id }));
}
