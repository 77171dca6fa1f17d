/**
 * Patterns that users write (answer schemas, refusals, JSONPath `match()` and `search()`), run by RE2.
 *
 * Invariant: time grows with pattern × text and no faster, whatever both hold; and a text that would take too long is an
 * error with a name, never a silent "does not match".
 */
import { RE2JS } from 're2js';
import { UserError } from '../domain/errors.ts';

const MAX_PATTERN = 1000;
/** Instructions × characters tested at once; some seconds at the very worst, milliseconds in practice. */
const MAX_WORK = 5e7;
const HINT = 'patterns are RE2: no look-around and no back references (github.com/google/re2/wiki/Syntax)';

const FLAGS: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  // RE2 always reads whole characters.
  u: 0,
};

/** A text that is too long to be tested against its pattern. */
export class TextTooLongError extends Error {
  override readonly name = 'TextTooLongError';
}

export interface Pattern {
  /**
   * Whether the pattern occurs in `text`.
   * @throws TextTooLongError when pattern and text together are more work than is allowed.
   */
  test(text: string): boolean;
  /** As `test`, for the whole text. */
  matches(text: string): boolean;
  /** `/pattern/flags`: ajv takes two patterns for the same when they read the same. */
  toString(): string;
}

/**
 * Compiles a user's pattern.
 * @param flags of `i`, `m`, `s`, `u`.
 * @param where names the pattern in the error.
 * @throws UserError when it is too long or RE2 cannot compile it.
 */
export function compilePattern(pattern: string, flags: string, where: string): Pattern {
  if (pattern.length > MAX_PATTERN) {
    throw new UserError(`${where}: the pattern is longer than ${MAX_PATTERN} characters`);
  }
  const refused = (why: string, cause?: unknown): UserError =>
    new UserError(`${where}: not a pattern that can be run: ${why}`, { hint: HINT, cause });
  // The translation to RE2 would read it as plain letters.
  if (/(^|[^\\])(\\\\)*\\k</u.test(pattern)) throw refused('back reference `\\k<`');
  let compiled: RE2JS;
  try {
    const bits = flags.split('').reduce((sum, flag) => {
      const bit = FLAGS[flag];
      if (bit === undefined) throw new Error(`flag ${flag}; there are i, m, s and u`);
      return sum | bit;
    }, 0);
    compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), bits);
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message.replace(/^error parsing regexp: /u, '') : '', cause);
  }
  const longest = Math.floor(MAX_WORK / Math.max(1, compiled.programSize()));
  const bounded = (text: string): string => {
    if (text.length <= longest) return text;
    throw new TextTooLongError(
      `${where}: a text of ${text.length} characters; this pattern takes ${longest}`,
    );
  };
  return {
    test: (text) => compiled.test(bounded(text)),
    matches: (text) => compiled.testExact(bounded(text)),
    toString: () => `/${pattern}/${flags}`,
  };
}
