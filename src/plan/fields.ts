/**
 * Building blocks of the schema of `cutover.yaml`: fields with their description and default, and the few value types.
 *
 * Invariant: no transforms. What zod accepts is what the published JSON Schema accepts; meaning is added by `resolve.ts`.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { z } from 'zod';
import { DURATION_PATTERN } from '../domain/duration.ts';
import { DEFAULTS, type DefaultPath } from './defaults.ts';

/** Between a field's description and the reason for its default; docs/plan.md splits the two again. */
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

/** A field that may be left out; its default and the reason for it come from {@link DEFAULTS}. */
export function field<S extends z.ZodType>(
  path: DefaultPath,
  schema: S,
  description: string,
  ...examples: unknown[]
): z.ZodOptional<S> {
  const { value, why } = DEFAULTS[path];
  const meta = { description: `${description}${WHY}${why}.`, default: value };
  return schema.meta({ ...meta, ...(examples.length > 0 ? { examples } : {}) }).optional();
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

export const weight = z.number().gt(0).lt(100);
export const looks = z.int().min(1).max(1000);
export const share = z.number().min(0).max(1);
export const cohorts = z.array(name).max(100);

export const deadline = z.union([
  duration,
  z.strictObject({
    after: required(duration, 'How long to wait.', '4h'),
    then: required(z.enum(['rollback', 'pause', 'proceed']), 'What happens when nobody acted by then.'),
  }),
]);

/** A provider: its name alone, or its name with options. */
export const provider = z.union([
  text,
  z.looseObject({
    use: required(
      text,
      'A built-in provider, or a module of your own (a package name or `./file.mjs`).',
      'cloudflare',
    ),
  }),
]);
