/**
 * JSON text to checked values, with errors that say where.
 *
 * Invariant: a message names the file, the line and the field, and never carries the value itself.
 */
import type { z } from 'zod';
import { UserError } from '../domain/errors.ts';

/**
 * Parses one JSON document.
 * @throws UserError `where: …` when it is not JSON or does not fit the schema.
 */
export function parseJson<S extends z.ZodType>(schema: S, text: string, where: string): z.infer<S> {
  let value: unknown;
  try {
    // Some editors put a mark before the first character.
    value = JSON.parse(text.replace(/^\uFEFF/u, ''));
  } catch (cause) {
    throw new UserError(`${where}: not JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  throw new UserError(`${where}: ${field}${issue?.message ?? 'does not fit'}`);
}

/** The lines of a text; what stands after the last newline counts only if there is something. */
export function splitLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** One line of a JSONL file; `where` is `path:line`. */
export function parseLine<S extends z.ZodType>(schema: S, line: string, where: string): z.infer<S> {
  return parseJson(schema, line, where);
}
