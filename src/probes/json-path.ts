/**
 * JSONPath (RFC 9535) of the user's, compiled so that no answer can make it run away.
 *
 * Invariant: `match()` and `search()` run in RE2; a path looks at every value a bounded number of times, because it
 * descends once and its filters look only below the value they filter.
 */
import {
  FunctionExpressionType,
  jsonpath,
  JSONPathEnvironment,
  type FilterFunction,
  type JSONPathQuery,
} from 'json-p3';
import { UserError } from '../domain/errors.ts';
import { compilePattern, type Pattern } from './pattern.ts';

/** Patterns that an answer itself may bring along, kept compiled. */
const MAX_KEPT = 16;

type Ask = (pattern: Pattern, text: string) => boolean;

class Patterns implements FilterFunction {
  readonly argTypes = [FunctionExpressionType.ValueType, FunctionExpressionType.ValueType];
  readonly returnType = FunctionExpressionType.LogicalType;
  readonly #kept = new Map<string, Pattern | null>();
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** By the RFC, anything but a text and a pattern that compiles is `false`. */
  call(text: unknown, source: unknown): boolean {
    if (typeof text !== 'string' || typeof source !== 'string') return false;
    let pattern = this.#kept.get(source);
    if (pattern === undefined) {
      pattern = compiled(source);
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
      this.#kept.set(source, pattern);
    }
    return pattern !== null && this.#ask(pattern, text);
  }
}

function compiled(source: string): Pattern | null {
  try {
    return compilePattern(source, 'u', 'pattern');
  } catch {
    return null;
  }
}

const ASKS: Readonly<Record<string, Ask>> = {
  match: (pattern, text) => pattern.matches(text),
  search: (pattern, text) => pattern.test(text),
};

const environment = new JSONPathEnvironment();
for (const [name, ask] of Object.entries(ASKS)) environment.functionRegister.set(name, new Patterns(ask));

/** @throws UserError when it is no JSONPath, holds a pattern that cannot be run, or could look at values again and again. */
export function compileJsonPath(path: string, where: string): JSONPathQuery {
  let query: JSONPathQuery;
  try {
    query = environment.compile(path);
  } catch (cause) {
    throw new UserError(`${where}: ${path} is not a JSONPath of RFC 9535`, {
      hint: 'For example $.retrieved[*]',
      cause,
    });
  }
  const bare = path.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gsu, '""');
  if (bare.split('..').length > 2) throw new UserError(`${where}: ${path} descends (\`..\`) more than once`);
  for (const part of partsOf(query.segments)) {
    if (part instanceof jsonpath.expressions.RootQuery) {
      throw new UserError(`${where}: ${path} looks at the whole answer from within a filter`, {
        hint: 'a filter may look at the value it filters: @',
      });
    }
    if (!(part instanceof jsonpath.expressions.FunctionExtension) || ASKS[part.name] === undefined) continue;
    const [, pattern] = part.args;
    if (pattern instanceof jsonpath.expressions.StringLiteral) compilePattern(pattern.value, 'u', where);
  }
  return query;
}

function* partsOf(value: unknown): Generator<object> {
  if (value === null || typeof value !== 'object' || value instanceof JSONPathEnvironment) return;
  yield value;
  for (const [key, child] of Object.entries(value)) if (key !== 'token') yield* partsOf(child);
}
