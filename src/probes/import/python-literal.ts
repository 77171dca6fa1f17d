/**
 * Lists and objects that were saved as text: JSON, or the way Python and NumPy print them. Tables (CSV) have no other way to hold a list.
 *
 * Invariant: text that is not wholly such a value gives `undefined`, never a part of it; time grows with the length of the text only.
 */

const MAX_DEPTH = 20;
const WORDS: Readonly<Record<string, unknown>> = {
  None: null,
  null: null,
  nan: null,
  NaN: null,
  True: true,
  true: true,
  False: false,
  false: false,
};
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\n': '' };
/** Hex digits after the letter of an escape. */
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class NotALiteral extends Error {}

/** The value of a list or object in text; `undefined` when the text is none. */
export function literalOf(text: string): unknown {
  const trimmed = text.trim();
  if (!/^([[{(]|array\()/u.test(trimmed)) return undefined;
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    // Python's next.
  }
  try {
    return createReader(trimmed).whole();
  } catch (cause) {
    if (cause instanceof NotALiteral) return undefined;
    throw cause;
  }
}

function createReader(text: string): { whole(): unknown } {
  let at = 0;
  const skip = (): void => {
    while (/\s/u.test(text[at] ?? '')) at += 1;
  };
  const take = (char: string): boolean => {
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };

  function value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotALiteral();
    skip();
    const char = text[at] ?? '';
    if (char === "'" || char === '"') return string(char);
    if (take('[')) return list(']', depth);
    if (take('(')) return list(')', depth);
    if (take('{')) return dictionary(depth);
    const found = /^(?:-?\d+(?:\.\d*)?(?:e[+-]?\d+)?|[A-Za-z_]+)/iu.exec(text.slice(at, at + 40))?.[0];
    if (found === undefined) throw new NotALiteral();
    at += found.length;
    if (found === 'array' && take('(')) return array(depth);
    if (Object.hasOwn(WORDS, found)) return WORDS[found];
    const number = Number(found);
    if (Number.isNaN(number)) throw new NotALiteral();
    return number;
  }

  /** NumPy puts no commas between the items of a list. */
  function list(end: string, depth: number): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      skip();
      if (take(end)) return items;
      items.push(value(depth + 1));
      skip();
      take(',');
    }
  }

  /** `array([…], dtype=object)`: what follows the list says nothing. */
  function array(depth: number): unknown {
    const held = value(depth + 1);
    const rest = /^[\s,\w=<>'".]*\)/u.exec(text.slice(at, at + 100))?.[0];
    if (rest === undefined) throw new NotALiteral();
    at += rest.length;
    return held;
  }

  function dictionary(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (;;) {
      skip();
      if (take('}')) return Object.fromEntries(entries);
      const key = value(depth + 1);
      skip();
      if ((typeof key !== 'string' && typeof key !== 'number') || !take(':')) throw new NotALiteral();
      entries.push([String(key), value(depth + 1)]);
      skip();
      take(',');
    }
  }

  function string(quote: string): string {
    at += 1;
    let out = '';
    for (;;) {
      const char = text[at];
      if (char === undefined) throw new NotALiteral();
      at += 1;
      if (char === quote) return out;
      out += char === '\\' ? escaped() : char;
    }
  }

  function escaped(): string {
    const letter = text[at] ?? '';
    at += 1;
    const digits = HEX[letter];
    if (digits === undefined) return ESCAPES[letter] ?? (/['"\\]/u.test(letter) ? letter : `\\${letter}`);
    const hex = text.slice(at, at + digits);
    const code = /^[0-9a-f]+$/iu.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : Infinity;
    if (code > 0x10_ff_ff) throw new NotALiteral();
    at += digits;
    return String.fromCodePoint(code);
  }

  return {
    whole() {
      const found = value(0);
      skip();
      if (at < text.length) throw new NotALiteral();
      return found;
    },
  };
}
