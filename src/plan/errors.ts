/**
 * What is wrong with a plan: every problem at once, each with its place in the file, the field, and the fix.
 *
 * Invariant: no message repeats a value that may be a secret; editors and CI can parse `file:line:column `.
 */
import { UserError } from '../domain/errors.ts';

/** Keys and indexes from the root of the file to the field. */
export type Path = readonly (string | number)[];

/** A problem before it has a place in a file. */
export interface Finding {
  readonly path: Path;
  /** What is wrong, e.g. `must be greater than the step before (25)`. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** Points at the key rather than the value. */
  readonly atKey?: true;
}

export interface Problem extends Finding {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/** `ramp[1].weight`; keys that are no plain names are quoted. */
function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text === '' ? 'plan' : text;
}

/** One line for a terminal: `cutover.yaml:12:3 ramp[1].weight: must be …; fix`. */
export function problemLine(file: string, problem: Problem): string {
  return `${file}:${problem.line}:${problem.column} ${pathText(problem.path)}: ${problem.message}; ${problem.fix}`;
}

/** A plan that cannot be used; exit code 2. */
export class PlanError extends UserError {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const inOrder = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    super(inOrder.map((problem) => problemLine(file, problem)).join('\n'), {
      hint: 'fields and their defaults: docs/plan.md',
      exitCode: 2,
    });
    this.file = file;
    this.problems = inOrder;
  }

  /** The `--json` form. */
  toJSON(): unknown {
    return { ok: false, file: this.file, problems: this.problems.map((problem) => problemJson(problem)) };
  }
}

/** A problem as `--json` prints it, the path as text. */
export function problemJson(problem: Problem): Record<string, unknown> {
  const { line, column, message, fix } = problem;
  return { line, column, path: pathText(problem.path), message, fix };
}
