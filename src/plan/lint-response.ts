/**
 * What a plan says about answers must compile as it will on the worker: paths, patterns and the schema.
 *
 * Invariant: judged by the very functions that the worker runs, so that a valid plan cannot be refused hours later.
 */
import { UserError } from '../domain/errors.ts';
import type { ProbeResponseMap } from '../domain/plan.ts';
import { compileAnswerSchema } from '../probes/answer-schema.ts';
import { lookup, pointer } from '../probes/lookup.ts';
import { compilePattern } from '../probes/pattern.ts';
import { refusalMatcher } from '../probes/refusals.ts';
import type { Path } from './errors.ts';
import type { Report } from './report.ts';

const RESPONSE: Path = ['probes', 'response'];

export function lintResponse(response: ProbeResponseMap, report: Report): void {
  const tried = (path: Path, compile: (where: string) => unknown, fix: string): boolean =>
    compiles([...RESPONSE, ...path], compile, fix, report);
  for (const [key, at] of Object.entries(response.snippet)) {
    tried(['snippet', key], (where) => pointer(at, where), `write it like /offsets/${key}`);
  }
  const paths: readonly (readonly [Path, string])[] = [
    ...(['answer', 'citations', 'retrieved', 'cold'] as const).map((key) => [[key], response[key]] as const),
    ...Object.entries(response.identity).map(([key, at]) => [['identity', key], at] as const),
  ];
  for (const [path, at] of paths) lintPath([...RESPONSE, ...path], at, report);
  tried(['refusal'], () => refusalMatcher(response.refusal), 'correct it, or write the exact text');
  const sound = [...patternsOf(response.schema, [])].map(({ path, pattern }) =>
    tried(['schema', ...path], (where) => compilePattern(pattern, 'u', where), 'correct the pattern'),
  );
  if (sound.every(Boolean)) {
    tried(['schema'], (where) => compileAnswerSchema(response.schema, where), 'correct the schema');
  }
}

/** A JSONPath, a JSON Pointer, a header, or nothing. */
export function lintPath(path: Path, at: string, report: Report): void {
  if (!/^(?:\$|\/|header:|$)/.test(at))
    report.error(path, 'must be a JSONPath', 'begin with $, or with header: for a header of the answer');
  else compiles(path, (where) => lookup(at, where), 'correct the path', report);
}

/** Reports what `compile` refuses; false when it did. */
export function compiles(
  path: Path,
  compile: (where: string) => unknown,
  fix: string,
  report: Report,
): boolean {
  const where = path.join('.');
  try {
    compile(where);
    return true;
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const message = cause.message.replace(`${where}: `, '');
    report.error(path, `cannot be used: ${message}`, cause.hint ?? fix);
    return false;
  }
}

/** Nesting that is looked into; the schema itself may not be deeper. */
const DEEPEST = 32;

function* patternsOf(value: unknown, path: Path): Generator<{ path: Path; pattern: string }> {
  if (value === null || typeof value !== 'object' || path.length > DEEPEST) return;
  for (const [key, child] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === 'pattern' && typeof child === 'string') yield { path: at, pattern: child };
    else yield* patternsOf(child, at);
  }
}
