/**
 * What an import does not take over, counted: fields that it does not read, and whatever happens to single rows.
 *
 * Invariant: a field that holds something is read, or named with its reason and its rows; bounded, however wild the source.
 */
import { literalOf } from './python-literal.ts';
import { isBlank, objectOf, type Row } from './rows.ts';

/** Fields that are named one by one; further ones are counted. */
const MAX_FIELDS = 40;
/** Rows that are named for one note; further ones are counted. */
const MAX_PLACES = 5;
const NOT_KNOWN = 'it is not known here';

export interface Notes {
  /** A row whose fields are read by the importer, but for those that it does not know. */
  fields(row: Row, where: string): void;
  /** A field that holds fields of its own, of which those in `read` are read; the others are named with its name before them. */
  inside(field: string, value: unknown, read: readonly string[], where: string): void;
  /** Something that is said once, with the rows it is true of. */
  say(message: string, where: string): void;
  /** All of it, one line each. */
  lines(): string[];
}

/**
 * @param read fields that the importer reads
 * @param lost fields that it knows and does not take over, with the reason
 */
export function createNotes(read: readonly string[], lost: Readonly<Record<string, string>> = {}): Notes {
  const known = new Set(read);
  const said = new Map<string, { count: number; places: string[] }>();
  const names = new Set<string>();
  const say = (message: string, where: string): void => {
    const held = said.get(message) ?? { count: 0, places: [] };
    held.count += 1;
    if (held.places.length < MAX_PLACES) held.places.push(where);
    said.set(message, held);
  };
  const lose = (name: string, where: string, why: string): void => {
    if (names.size >= MAX_FIELDS && !names.has(name)) {
      say('Further fields are not taken over: they are not known here', where);
      return;
    }
    names.add(name);
    say(`\`${name.slice(0, 60).replaceAll('`', "'")}\` is not taken over: ${why}`, where);
  };
  return {
    say,
    fields(row, where) {
      for (const name of Object.keys(row)) {
        if (known.has(name) || isBlank(row[name])) continue;
        lose(name, where, (Object.hasOwn(lost, name) ? lost[name] : undefined) ?? NOT_KNOWN);
      }
    },
    inside(field, value, read, where) {
      const held = typeof value === 'string' ? (literalOf(value) ?? value) : value;
      if (isBlank(held)) return;
      const row = objectOf(held);
      if (isBlank(row)) lose(field, where, 'it holds no fields');
      if (Array.isArray(held) && held.length > 1)
        lose(`${field}[1…]`, where, 'of a list only the first is read');
      for (const name of Object.keys(row)) {
        if (!read.includes(name) && !isBlank(row[name])) lose(`${field}.${name}`, where, NOT_KNOWN);
      }
    },
    lines() {
      return [...said].map(([message, { count, places }]) => {
        const more = count > places.length ? `, and ${count - places.length} more` : '';
        return `${message} (${places.join(', ')}${more}).`;
      });
    },
  };
}
