/**
 * Regular expressions of users (answer schemas, refusal patterns), made safe to run on answers of any kind.
 *
 * Invariant: no pattern that is accepted can backtrack exponentially, and the length of the tested text is capped so
 * that what is left of polynomial backtracking stays under about 2·10⁸ steps.
 */
import { UserError } from '../domain/errors.ts';

const MAX_PATTERN = 300;
const MAX_UNBOUNDED = 4;
const STEPS = 2e8;

/** What ajv and the response map need of a regular expression. */
export interface SafePattern {
  /** A text longer than `maxText` never matches. */
  test(text: string): boolean;
  readonly maxText: number;
}

interface Group {
  repeats: boolean;
  alternates: boolean;
}

/** Length of the quantifier at `i` and whether it may repeat; null when there is none. */
function quantifierAt(
  pattern: string,
  i: number,
): { length: number; repeats: boolean; unbounded: boolean } | null {
  const char = pattern[i];
  if (char === '*' || char === '+') return { length: 1, repeats: true, unbounded: true };
  if (char === '?') return { length: 1, repeats: false, unbounded: false };
  const braces = /^\{(\d+)(,(\d*))?\}/u.exec(pattern.slice(i, i + 24));
  if (braces === null) return null;
  const unbounded = braces[2] !== undefined && braces[3] === '';
  const most = Number(braces[3] ?? braces[1]);
  return { length: braces[0].length, repeats: unbounded || most > 1, unbounded };
}

function skipClass(pattern: string, at: number): number {
  let i = at + 1;
  while (i < pattern.length && pattern[i] !== ']') i += pattern[i] === '\\' ? 2 : 1;
  return i;
}

/** Counts unbounded quantifiers; a message says why a pattern is refused. */
function inspect(pattern: string): { unbounded: number } | { refused: string } {
  const stack: Group[] = [{ repeats: false, alternates: false }];
  let unbounded = 0;
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i];
    let closed: Group | undefined;
    if (char === '\\') {
      if (/[1-9k]/u.test(pattern[i + 1] ?? '')) return { refused: 'back references are not allowed' };
      i += 1;
    } else if (char === '[') {
      i = skipClass(pattern, i);
    } else if (char === '(') {
      stack.push({ repeats: false, alternates: false });
      const intro = /^\((\?(:|=|!|<=|<!|<[A-Za-z_]\w*>))?/u.exec(pattern.slice(i, i + 80));
      i += (intro?.[0].length ?? 1) - 1;
      continue;
    } else if (char === '|') {
      const top = stack.at(-1);
      if (top !== undefined) top.alternates = true;
      continue;
    } else if (char === ')') {
      closed = stack.pop();
      if (stack.length === 0) return { refused: 'unbalanced parentheses' };
    }
    const quantifier = quantifierAt(pattern, i + 1);
    const top = stack.at(-1);
    if (top === undefined) break;
    if (quantifier?.repeats === true) {
      if (closed !== undefined && (closed.repeats || closed.alternates)) {
        return {
          refused: 'a repeated group may not hold a repetition or an alternative (use a character class)',
        };
      }
      top.repeats = true;
      if (quantifier.unbounded) unbounded += 1;
    }
    if (closed?.repeats === true) top.repeats = true;
    if (quantifier !== null) {
      i += quantifier.length;
      if (pattern[i + 1] === '?') i += 1;
    }
  }
  return { unbounded };
}

/**
 * Compiles a user's pattern.
 * @param where names the pattern in the error.
 * @throws UserError when it is too long, does not compile, or could backtrack without bound.
 */
export function safePattern(pattern: string, flags: string, where: string): SafePattern {
  if (pattern.length > MAX_PATTERN)
    throw new UserError(`${where}: the pattern is longer than ${MAX_PATTERN} characters`);
  const found = inspect(pattern);
  if ('refused' in found) throw new UserError(`${where}: ${found.refused}`);
  if (found.unbounded > MAX_UNBOUNDED) {
    throw new UserError(`${where}: more than ${MAX_UNBOUNDED} unbounded repetitions`);
  }
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, flags);
  } catch (cause) {
    throw new UserError(`${where}: not a regular expression`, { cause });
  }
  const maxText = Math.floor(STEPS ** (1 / (found.unbounded + 1)));
  return { maxText, test: (text) => text.length <= maxText && compiled.test(text) };
}

/**
 * The plan's refusal marker: `/regex/flags`, or a text that the trimmed answer must equal. Empty matches nothing.
 * A pattern sees the first 500 characters: a refusal says so at once.
 */
export function refusalMatcher(marker: string): (answer: string) => boolean {
  if (marker === '') return () => false;
  const parts = /^\/(.+)\/([imsu]*)$/su.exec(marker);
  if (parts === null) return (answer) => answer.trim() === marker.trim();
  const pattern = safePattern(parts[1] ?? '', parts[2] ?? '', 'probes.response.refusal');
  const most = Math.min(500, pattern.maxText);
  return (answer) => pattern.test(answer.slice(0, most));
}
