/**
 * Building blocks of the schema of `cutover.yaml` beside those of options: fields with a default, and the values only a plan has.
 *
 * Invariant: no transforms. What zod accepts is what the published JSON Schema accepts; meaning is added by `resolve.ts`.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { z } from 'zod';
import { duration, name, required, WHY } from '../ports/option.ts';
import { DEFAULTS, type DefaultPath } from './defaults.ts';

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
