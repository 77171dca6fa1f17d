/**
 * zod's issues in words that name the fix, for the plan's own fields and for options of providers.
 *
 * Invariant: no message repeats a value.
 */
import type { z } from 'zod';
import type { Finding, Path } from './errors.ts';
import { isDuration } from './duration-keys.ts';
import { nearest } from './nearest.ts';
import { keysAt } from './schema-keys.ts';

type Issue = z.core.$ZodIssue;

/** A value and the schema that it was held against. */
interface Checked {
  readonly root: unknown;
  readonly schema: z.core.$ZodType;
}

/** @param root what was parsed @param schema what it was held against */
export function explainAll(
  issues: readonly Issue[],
  root: unknown,
  schema: z.core.$ZodType,
): readonly Finding[] {
  return issues.flatMap((issue) => explain(issue, [], { root, schema }));
}

/** The same for options that stand at `path` of a plan. */
export function explainOptions(
  issues: readonly Issue[],
  path: Path,
  options: unknown,
  schema: z.core.$ZodType,
): readonly Finding[] {
  return explainAll(issues, options, schema).map((finding) => ({
    ...finding,
    path: [...path, ...finding.path],
  }));
}

function explain(issue: Issue, prefix: Path, checked: Checked): Finding[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const got = valueAt(checked.root, path);
  if (got === undefined && issue.code !== 'unrecognized_keys' && path.length > 0) {
    return [{ path, message: 'is required', fix: `add \`${String(path.at(-1))}: …\`` }];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], keysAt(checked.schema, path, checked.root)));
    case 'invalid_key':
      return issue.issues.map((inner) => badKey(path, inner));
    case 'invalid_union': {
      const branch = bestBranch(issue.errors, got);
      if (branch === null && isDuration(path)) {
        return [
          {
            path,
            message: `must be a duration, not ${kindOf(got)}`,
            fix: 'write 4h or {after: 4h, then: rollback}',
          },
        ];
      }
      if (branch === null)
        return [
          {
            path,
            message: wrongType('one of its forms', got),
            fix: got === null ? 'give it a value or remove the key' : formsFix(path),
          },
        ];
      return branch.flatMap((inner) => explain(inner, path, checked));
    }
    case 'invalid_type':
      if (typeof got === 'number' && !Number.isFinite(got)) {
        return [{ path, message: 'must be a finite number', fix: 'write a number' }];
      }
      if (issue.expected === 'string' && isDuration(path)) {
        return [
          {
            path,
            message: `must be a duration, not ${kindOf(got)}`,
            fix: 'write it with its unit, such as 15m',
          },
        ];
      }
      return [
        {
          path,
          message: wrongType(TYPE_WORDS[issue.expected] ?? issue.expected, got),
          fix: typeFix(issue.expected, got),
        },
      ];
    case 'invalid_value': {
      const values = issue.values.map(String);
      const close = typeof got === 'string' ? nearest(got, values) : null;
      return [
        {
          path,
          message: `must be one of ${values.join(', ')}`,
          fix: close === null ? `write one of them` : `did you mean ${close}?`,
        },
      ];
    }
    case 'too_big':
      return [
        {
          path,
          message: `must be ${bound(issue, 'at most', 'less than', Number(issue.maximum))}`,
          fix: 'write a smaller value',
        },
      ];
    case 'too_small':
      return [
        {
          path,
          message: `must be ${bound(issue, 'at least', 'greater than', Number(issue.minimum))}`,
          fix: 'write a larger value',
        },
      ];
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    default:
      return [{ path, message: lowerFirst(issue.message), fix: 'correct the value' }];
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  record: 'a mapping',
};

function bound(
  issue: { origin: string; inclusive?: boolean },
  inclusive: string,
  exclusive: string,
  limit: number,
): string {
  const unit = issue.origin === 'string' ? ' characters long' : issue.origin === 'array' ? ' items long' : '';
  return `${issue.inclusive === false ? exclusive : inclusive} ${limit}${unit}`;
}

function wrongType(expected: string, got: unknown): string {
  const kind = kindOf(got);
  return expected.endsWith(kind.slice(2)) ? `must be ${expected}` : `must be ${expected}, not ${kind}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return TYPE_WORDS[typeof value] ?? typeof value;
}

function typeFix(expected: string, got: unknown): string {
  if (expected === 'string' && (typeof got === 'number' || typeof got === 'boolean'))
    return 'put it in quotes';
  if (got === null) return 'give it a value or remove the key';
  return `write ${TYPE_WORDS[expected] ?? expected}`;
}

function formsFix(path: Path): string {
  return `see \`${path.filter((part) => typeof part === 'string').join('.')}\` in docs/plan.md`;
}

// Of a union's branches, the one that the user meant: the one whose outer type fits what was written.
function bestBranch(branches: readonly (readonly Issue[])[], got: unknown): readonly Issue[] | null {
  const fitting = ofThatName(
    branches.filter(
      (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
    ),
  );
  const sameKind = fitting.filter(
    (issues) =>
      typeof got === 'string' ||
      issues.every((issue) => issue.code !== 'invalid_value' || issue.path.length > 0),
  );
  const best = [...(sameKind.length > 0 ? sameKind : fitting)].sort((a, b) => a.length - b.length)[0];
  return best ?? null;
}

/** Where branches are told apart by a name, those of another name were not meant. */
function ofThatName(branches: readonly (readonly Issue[])[]): readonly (readonly Issue[])[] {
  const isName = (key: unknown): boolean => key === 'use' || key === 'kind';
  const named = branches.filter(
    (issues) =>
      !issues.some(
        (issue) =>
          (issue.path.length === 1 && isName(issue.path[0])) ||
          (issue.code === 'unrecognized_keys' && issue.path.length === 0 && issue.keys.some(isName)),
      ),
  );
  return named.length > 0 ? named : branches;
}

function unknownKey(path: Path, known: readonly string[]): Finding {
  const close = nearest(String(path.at(-1)), known);
  const fix = close === null ? `known here: ${known.join(', ')}` : `did you mean ${close}?`;
  return { path, message: 'is not a known field', fix, atKey: true };
}

function badKey(path: Path, inner: Issue): Finding {
  if (inner.code === 'invalid_value') return unknownKey(path, inner.values.map(String));
  return { path, message: `is not a valid key: ${lowerFirst(inner.message)}`, fix: 'rename it', atKey: true };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
