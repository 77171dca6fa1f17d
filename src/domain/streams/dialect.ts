/**
 * What a dialect of answer streams is: how its events are known, and where text, citations, end and errors stand in one.
 *
 * Invariant: a dialect is pure and keeps nothing; each of its functions looks at one event and at a bounded part of it.
 */
import { isRecord } from '../is-record.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface StreamEvent {
  /** The name of a server-sent event; empty where there is none. */
  readonly name: string;
  readonly data: string;
  /** The data as a JSON object; without keys when it is none. */
  readonly json: Json;
  readonly isObject: boolean;
}

export interface Citation {
  /** What the service names its source by; `section_id` of the answer document. */
  readonly id: string;
  /** The text that was delivered from it, where the event has it. */
  readonly text?: string;
  /** The vendor's own fields, kept for a response map. */
  readonly fields: Json;
}

/** `last`: nothing of the answer comes after it. `complete`: the answer is whole; details such as usage may follow. */
export type EndMark = 'last' | 'complete';

export interface Dialect {
  readonly name: string;
  /** True when every whole stream of it has an end mark: one that ends without was cut off. */
  readonly marksEnd: boolean;
  /** True for an event that only this dialect has. */
  knows(event: StreamEvent): boolean;
  /** What a user gets to read of it; empty for everything else, reasoning and tool calls among them. */
  text(event: StreamEvent): string;
  /** True when the event's text takes the place of all text before it. */
  replaces?(event: StreamEvent): boolean;
  citations(event: StreamEvent): readonly Citation[];
  end(event: StreamEvent): EndMark | null;
  /** Beyond what every dialect means by an error (`error.ts`): what went wrong, as `errorCode` reads it; null when nothing did. */
  error(event: StreamEvent): unknown;
}

/** The value at a path of keys and positions; undefined when there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (Array.isArray(found) && typeof step === 'number') found = found[step];
    else if (isRecord(found) && typeof step === 'string' && Object.hasOwn(found, step)) found = found[step];
    else return undefined;
  }
  return found;
}

/** A string, else the empty one. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/**
 * Citations from a vendor's list.
 * @param ids fields that may name the source, the most telling first
 * @param texts fields that may hold its text
 */
export function citationsIn(
  items: readonly unknown[],
  ids: readonly string[],
  texts: readonly string[] = [],
): Citation[] {
  return items.flatMap((item) => {
    if (typeof item === 'string') return item === '' ? [] : [{ id: item, fields: {} }];
    if (!isRecord(item)) return [];
    const id = ids.map((key) => nameAt(item, key)).find((name) => name !== '');
    if (id === undefined) return [];
    const text = texts.map((key) => textAt(item, key)).find((one) => one !== '');
    return [{ id, fields: item, ...(text === undefined ? {} : { text }) }];
  });
}

/** Some vendors count their documents. */
function nameAt(item: Json, key: string): string {
  const value = at(item, key);
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
}

export const NO_CITATIONS: readonly Citation[] = [];
