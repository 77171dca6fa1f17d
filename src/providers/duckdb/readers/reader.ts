/**
 * A reader turns a log of somebody else's into request lines: one file a format, the same over files and object stores.
 * Invariant: each line of a log comes out as request lines or is left with a reason, so lines in are lines out and lines named; work is
 * linear in the line's length.
 */
import type { Color } from '../../../domain/color.ts';

/** Fields of a request line that a format may have, for the table of the documentation and for what gates miss. */
export const FIELDS = [
  'ts',
  'id',
  'route',
  'method',
  'color',
  'user',
  'region',
  'instance',
  'status',
  'error',
  'cold',
  'cache',
  'cfg_gen',
  'INDEX_HASH',
  'latency_ms.tfinal',
  'latency_ms.tusable',
] as const;

export type Field = (typeof FIELDS)[number];

/** Where a value stands in a record: a name, or names with dots into objects. */
export interface Source {
  readonly from: string;
  /** Of a time span, ms when left out. */
  readonly unit?: Unit | undefined;
}

export type Unit = 's' | 'ms' | 'us' | 'ns';

export interface ReaderSettings {
  /** Service of lines that name none. */
  readonly service: string;
  /** Region of lines that name none. */
  readonly region: string;
  /** What a line's color field holds for each color, as a part of it; left out: the color's name as a word. */
  readonly colors: Readonly<Record<Color, string>> | null;
  /** Where the fields of a line stand, by field. */
  readonly fields: Readonly<Partial<Record<Field, Source>>>;
  /** Names of a line's columns in their order, where the log has no header. */
  readonly columns: readonly string[] | null;
}

/** A line that is no request line. */
export interface Left {
  readonly left: string;
  /** It was never a request; else it was one, and is broken. */
  readonly isForeign: boolean;
}

/** A request as a format tells it; what it does not tell is left out. */
export interface Draft {
  /** When it began: ISO 8601, or an epoch of any unit. */
  readonly at: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  /** Path with query, or a URL. */
  readonly target?: unknown;
  /** Logical route; else it is made of the path. */
  readonly route?: unknown;
  /** Text that tells the color. */
  readonly color: unknown;
  /** Name of the field it is from. */
  readonly colorField: string;
  readonly userKey?: unknown;
  readonly userAddress?: unknown;
  readonly region?: unknown;
  readonly instance?: unknown;
  readonly status: unknown;
  /** Error class, for what the status does not tell. */
  readonly error?: string | null;
  /** The client left before the answer, which says how long it waited. */
  readonly hasLeft?: boolean;
  readonly isCold?: boolean;
  readonly isHit?: boolean | null;
  readonly finalMs: unknown;
  readonly firstMs?: unknown;
  readonly usableMs?: unknown;
  readonly indexHash?: unknown;
  readonly generation?: unknown;
  /** Text by which our own requests are known. */
  readonly agent?: unknown;
}

/** `native`: JSON of a request line, as the router writes it. */
export type Reading = { readonly native: string } | { readonly draft: Draft } | Left;

export interface Reader {
  /** `format` of a plan. */
  readonly name: string;
  /** What it reads, one line. */
  readonly does: string;
  /** How late the vendor delivers as a rule, as a duration: the default of `lag`. */
  readonly lag: string;
  /** Where it finds each field; what is not there the format does not tell. */
  readonly has: Readonly<Partial<Record<Field, string>>>;
  /** Fields that a plan may name. */
  readonly named: readonly Field[];
  /** Of `has`: fields that many logs of the format lack. A gate that needs one is asked only when the plan names it. */
  readonly seldom: readonly Field[];
  /** Reads one file: a line at a time, without its newline. What a line says of later ones (a header) is kept within. */
  open(settings: ReaderSettings): (line: string) => readonly Reading[];
}

/** What a format has that carries the router's own line as text. */
export const AS_THE_LINE = {
  has: Object.fromEntries(FIELDS.map((field) => [field, 'the line'])) as Readonly<Record<Field, string>>,
  named: [],
  seldom: [],
} as const satisfies Partial<Reader>;

export function left(why: string): readonly Reading[] {
  return [{ left: why, isForeign: false }];
}

export function foreign(why: string): readonly Reading[] {
  return [{ left: why, isForeign: true }];
}

/** An object of JSON; of another line why it is none. */
export function jsonOf(line: string): Readonly<Record<string, unknown>> | readonly Reading[] {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : foreign('no JSON object');
  } catch {
    return line.trimStart().startsWith('{') ? left('JSON that is cut off or broken') : foreign('no JSON');
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a name, or of a path of names with dots. */
export function valueAt(record: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  let at: unknown = record;
  for (const name of path.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

/** True of what the router prints: other messages of a log may be JSON as well. */
export function isRequestLine(value: unknown): boolean {
  return isObject(value) && 'ts' in value && 'color' in value && 'latency_ms' in value;
}

/** How the router begins a line: one that is cut off may have lost the rest. */
const BEGINS = /^\s*\{"ts":/;

/** Request line that stands as text in a field of another log; null when it is none. */
export function embedded(text: unknown): Reading | null {
  if (typeof text !== 'string' || !(text.includes('"latency_ms"') || BEGINS.test(text))) return null;
  try {
    const value: unknown = JSON.parse(text.slice(Math.max(0, text.indexOf('{'))));
    return isRequestLine(value) ? { native: JSON.stringify(value) } : null;
  } catch {
    return { left: 'a request line that is cut off', isForeign: false };
  }
}
