/**
 * Building blocks of the schema of `cutover.yaml` beside those of options. A field has one home: its type, its default, the reason for
 * that and what it says stand in one call, and reading the file fills it in.
 *
 * Invariant: what zod accepts is what the published JSON Schema accepts. A transform only brings a value into the engine's form: times
 * in ms, under a name that says so.
 */
/* oxlint-disable unicorn/no-thenable -- `then` is a word of the plan and never a function */
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import type { Deadline } from '../domain/plan.ts';
import { duration as written, name, required, WHY } from '../ports/option.ts';

declare const unit: unique symbol;

/** A time in ms. NaN when it is longer than any plan may say, which lint reports. */
export type Ms = number & { readonly [unit]: 'ms' };

function ms(text: string): Ms {
  return (parseDuration(text) ?? Number.NaN) as Ms;
}

export const duration = written.transform(ms);

/** Fields that hold a time: the engine's name of one ends with its unit. */
const TIMES = new WeakSet<z.ZodType>([duration]);

/**
 * A field that may be left out.
 *
 * @param fallback its default, as the user would write it
 * @param why the reason for that, in one line without a full stop
 */
export function field<S extends z.ZodType>(
  schema: S,
  fallback: z.input<S>,
  why: string,
  description: string,
  ...examples: unknown[]
): z.ZodPrefault<S> {
  const made = z
    .prefault(schema, fallback)
    .meta({ description: `${description}${WHY}${why}.`, ...(examples.length > 0 ? { examples } : {}) });
  if (TIMES.has(schema)) TIMES.add(made);
  return made;
}

/** A field that may be left out, and then is `absent`; for what needs no reason. */
export function absent<S extends z.ZodType, const T>(
  schema: S,
  value: T,
  description: string,
  ...examples: unknown[]
): z.ZodPipe<z.ZodOptional<S>, z.ZodTransform<z.output<S> | T, z.output<S> | undefined>> {
  return required(
    schema.optional().transform((given) => given ?? value),
    description,
    ...examples,
  );
}

type InEngine<T> = {
  -readonly [K in keyof T as T[K] extends Ms ? `${K & string}Ms` : K]: T[K] extends Ms ? number : T[K];
};

/** Fields that belong together; left out, each of them has its default. */
export function block<S extends z.ZodRawShape>(
  shape: S,
  description: string,
): z.ZodPrefault<
  z.ZodPipe<
    z.ZodObject<S, z.core.$strict>,
    z.ZodTransform<InEngine<z.output<z.ZodObject<S>>>, z.output<z.ZodObject<S>>>
  >
> {
  const isTime = (key: string): boolean => TIMES.has(shape[key] as z.ZodType);
  const inEngine = (given: object): InEngine<z.output<z.ZodObject<S>>> =>
    Object.fromEntries(
      Object.entries(given).map(([key, value]) => [isTime(key) ? `${key}Ms` : key, value]),
    ) as InEngine<z.output<z.ZodObject<S>>>;
  return z.prefault(z.strictObject(shape).transform(inEngine), {} as never).meta({ description });
}

export const weight = z.number().gt(0).lt(100);
export const looks = z.int().min(1).max(1000);
export const share = z.number().min(0).max(1);
export const cohorts = z.array(name).max(100);

/** How long something may last and what happens then; a time alone keeps the default's action. */
export function deadline(
  fallback: { readonly after: string; readonly then: Deadline['then'] },
  why: string,
  description: string,
): z.ZodPrefault<z.ZodType<Deadline, DeadlineFile>> {
  const whole = z.strictObject({
    after: required(written, 'How long to wait.', '4h'),
    then: required(z.enum(['rollback', 'pause', 'proceed']), 'What happens when nobody acted by then.'),
  });
  const read = z
    .union([written, whole])
    .transform((given): Deadline =>
      typeof given === 'string'
        ? { afterMs: ms(given), then: fallback.then }
        : { afterMs: ms(given.after), then: given.then },
    );
  return field(read, fallback, why, description);
}

type DeadlineFile = string | { readonly after: string; readonly then: Deadline['then'] };
