/**
 * Building blocks of schemas that people write against: fields with their description, and the few value types. The plan's own schema
 * and the options of providers are made of them.
 *
 * Invariant: no transforms. What zod accepts is what the published JSON Schema accepts.
 */
import { z } from 'zod';
import { DURATION_PATTERN } from '../domain/duration.ts';

/** Between a field's description and the reason for its default; the tables of the documentation split the two again. */
export const WHY = '\n\nWhy this default: ';

/** A field that must be there. */
export function required<S extends z.ZodType>(schema: S, description: string, ...examples: unknown[]): S {
  return schema.meta({ description, ...(examples.length > 0 ? { examples } : {}) });
}

/** A field that may be left out and has no default of its own. */
export function optional<S extends z.ZodType>(
  schema: S,
  description: string,
  ...examples: unknown[]
): z.ZodOptional<S> {
  return required(schema, description, ...examples).optional();
}

/** An option of a provider that may be left out. `why` is the reason for its default, without a full stop. */
export function preset<S extends z.ZodType>(
  schema: S,
  value: z.util.NoUndefined<z.output<S>>,
  description: string,
  why?: string,
): z.ZodDefault<S> {
  return schema
    .default(value)
    .meta({ description: why === undefined ? description : `${description}${WHY}${why}.` });
}

export const text = z.string().min(1).max(500);

/** Lower-case name that is safe in ids, keys and metric labels. */
export const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/,
    'must be lower-case letters, digits, `.`, `_` or `-`, at most 63',
  );

export const duration = z
  .string()
  .regex(new RegExp(DURATION_PATTERN), 'must be a duration with a unit, such as 90s, 15m or 1h30m');

export const url = z
  .string()
  .max(2000)
  .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s/?#]+[^\s]*$/, 'must be an absolute http or https URL');

/** A time of one call in whole milliseconds, at most `max`. */
export const milliseconds = (max: number): z.ZodInt => z.int().min(1).max(max);

/** Name of an environment variable. @param like an example, for the message */
export const variableName = (like: string): z.ZodString =>
  z.string().regex(/^[A-Z][A-Z0-9_]*$/, `must be the name of an environment variable, like ${like}`);
