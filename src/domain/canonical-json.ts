/**
 * Canonical JSON text: the one spelling of a value that digests and memo keys are computed from.
 * Invariant: two values that are equal as JSON have the same text, whatever order their keys were set in;
 * what JSON cannot say (NaN, functions, class instances…) is refused instead of silently changed.
 * Follows RFC 8785 (JCS): keys by UTF-16 code unit, numbers and strings as ECMAScript writes them.
 */

/**
 * @returns the canonical text of `value`. Members that are `undefined` are left out and holes in
 * arrays are null, as `JSON.stringify` does.
 * @throws TypeError naming the place of the first part that JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, place: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new TypeError(`canonical JSON: ${place} is ${value}, which JSON has no word for`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown, index) => write(item ?? null, `${place}[${index}]`)).join(',')}]`;
  }
  if (typeof value === 'object' && isPlain(value)) return writeObject(value, place);
  throw new TypeError(`canonical JSON: ${place} is ${describe(value)}, not a JSON value`);
}

function writeObject(value: object, place: string): string {
  const members: string[] = [];
  // The default sort compares UTF-16 code units, which is the order RFC 8785 §3.2.3 asks for.
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${write(member, `${place}.${key}`)}`);
  }
  return `{${members.join(',')}}`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `a ${value.constructor.name}`
    : `of type ${typeof value}`;
}
