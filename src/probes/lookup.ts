/**
 * The paths of a response map, compiled.
 *
 * Invariant: compiling may throw a `UserError`; looking up throws for no answer but one whose text is too long for a pattern.
 */
import { JSONPointer } from 'json-p3';
import { UserError } from '../domain/errors.ts';
import { compileJsonPath } from './json-path.ts';
import { TextTooLongError } from './pattern.ts';

export type Lookup = (document: unknown, headers: Headers) => unknown[];
export type ItemLookup = (item: unknown) => unknown;

/**
 * A JSON Pointer into one item; the empty one finds nothing.
 * @throws UserError when it is not a pointer.
 */
export function pointer(text: string, where: string): ItemLookup {
  if (text === '') return () => undefined;
  let compiled: JSONPointer;
  try {
    compiled = new JSONPointer(text);
  } catch (cause) {
    throw new UserError(`${where}: ${text} is not a JSON Pointer`, {
      hint: 'For example /offsets/start',
      cause,
    });
  }
  // The library's own `resolve` makes an Error for every absent field: half of the time of a whole probe.
  const { tokens } = compiled;
  return (item) => {
    let at: unknown = item;
    for (const token of tokens) {
      if (at === null || typeof at !== 'object' || !Object.hasOwn(at, token)) return undefined;
      at = (at as Readonly<Record<string, unknown>>)[token];
    }
    return at ?? undefined;
  };
}

/**
 * A JSONPath, a JSON Pointer (leading `/`) or `header:<name>` into a whole answer; the empty one finds nothing.
 * @throws UserError when it is neither.
 */
export function lookup(text: string, where: string): Lookup {
  if (text === '') return () => [];
  if (text.startsWith('header:')) {
    const name = text.slice('header:'.length).trim();
    return (_document, headers) => {
      const value = headers.get(name);
      return value === null ? [] : [value];
    };
  }
  if (text.startsWith('/')) {
    const find = pointer(text, where);
    return (document) => [find(document)].filter((value) => value !== undefined);
  }
  const query = compileJsonPath(text, where);
  return (document) => {
    try {
      return query.query(document as never).values();
    } catch (cause) {
      if (cause instanceof TextTooLongError) throw cause;
      // The recursion limit of a `..` on a hostile answer: nothing found.
      return [];
    }
  };
}

/** A scalar as text; null for anything else. */
export function text(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** A finite number, also when written as text; else null. */
export function whole(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
